import Targets

/// The C functions that turn tiles: rows of elements become columns on the way through registers.
///
/// A tile has up to VL rows, one for each lane of a `vi`; `rows` says how many there are. Rows and
/// planes lie `pitch` bytes apart, and no byte beyond them is touched.
///
/// | function | does |
/// |---|---|
/// | `qc_load_part qc_store_part` | the first n ≤ 8 bytes at p, the first one lowest |
/// | `qc_load_row qc_store_row` | the first n ≤ 16 bytes at p |
/// | `qc_load_octets qc_store_octets qc_store_octets_n` | all 4 · VL bytes of a vector, or the first n |
/// | `qc_load_rows(a, p, pitch, rows, n)`, `qc_store_rows` | n ≤ 16 bytes of row 4l + j are the lanes 4l ..< 4l + 4 of a[j] |
/// | `qc_turn(a)` | from there lane r of a[k] is word k of row r; and back |
/// | `qc_load_quads(p, pitch, rows, n)`, `qc_store_quads` | n ≤ 4 bytes of row r are lane r |
/// | `qc_load_planes(p, pitch, rows, n)`, `qc_store_planes` | byte r of plane k, k < n ≤ 4, is byte k of lane r |
struct TilePrelude {
  static func text(for target: CPUTarget) -> String {
    parts + TilePrelude(lanes: target.lanes).text
  }

  private static let parts = """
    #define QC_TILE static inline __attribute__((always_inline))
    typedef uint64_t qc_pair __attribute__((vector_size(16)));
    typedef uint32_t qc_row __attribute__((vector_size(16)));
    QC_TILE uint64_t qc_load_part(const uint8_t *p, uint32_t n) {
      if (n >= 8) {
        uint64_t a;
        __builtin_memcpy(&a, p, 8);
        return a;
      }
      if (n >= 4) {
        uint32_t low, high;
        __builtin_memcpy(&low, p, 4);
        __builtin_memcpy(&high, p + n - 4, 4);
        return low | (uint64_t)high << (8 * (n - 4));
      }
      if (n == 0) return 0;
      return (uint64_t)p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) |
             (uint64_t)p[n - 1] << (8 * (n - 1));
    }
    QC_TILE void qc_store_part(uint8_t *p, uint64_t a, uint32_t n) {
      if (n >= 8) {
        __builtin_memcpy(p, &a, 8);
      } else if (n >= 4) {
        const uint32_t low = (uint32_t)a, high = (uint32_t)(a >> (8 * (n - 4)));
        __builtin_memcpy(p, &low, 4);
        __builtin_memcpy(p + n - 4, &high, 4);
      } else if (n > 0) {
        p[0] = (uint8_t)a;
        p[n / 2] = (uint8_t)(a >> (8 * (n / 2)));
        p[n - 1] = (uint8_t)(a >> (8 * (n - 1)));
      }
    }
    QC_TILE qc_row qc_load_row(const uint8_t *p, uint32_t n) {
      if (n >= 16) {
        qc_row a;
        __builtin_memcpy(&a, p, 16);
        return a;
      }
      return (qc_row)(qc_pair){qc_load_part(p, n), n > 8 ? qc_load_part(p + 8, n - 8) : 0};
    }
    QC_TILE void qc_store_row(uint8_t *p, qc_row a, uint32_t n) {
      if (n >= 16) {
        __builtin_memcpy(p, &a, 16);
        return;
      }
      const qc_pair parts = (qc_pair)a;
      qc_store_part(p, parts[0], n);
      if (n > 8) qc_store_part(p + 8, parts[1], n - 8);
    }

    """

  private let lanes: Int

  private var text: String {
    """
    typedef uint32_t qc_words __attribute__((vector_size(\(4 * lanes))));
    typedef uint8_t qc_octets __attribute__((vector_size(\(4 * lanes))));
    typedef int16_t qc_shorts __attribute__((vector_size(\(4 * lanes))));
    QC_TILE qc_octets qc_load_octets(const uint8_t *p) {
      qc_octets a;
      __builtin_memcpy(&a, p, 4 * VL);
      return a;
    }
    QC_TILE void qc_store_octets(uint8_t *p, qc_octets a) { __builtin_memcpy(p, &a, 4 * VL); }
    QC_TILE void qc_store_octets_n(uint8_t *p, qc_octets a, uint32_t n) {
      uint8_t bytes[4 * VL];
      uint32_t i = 0;
      qc_store_octets(bytes, a);
      for (; i + 16 <= n && i < 4 * VL; i += 16) __builtin_memcpy(p + i, bytes + i, 16);
      if (i < n && i < 4 * VL) qc_store_row(p + i, qc_load_row(bytes + i, 16), n - i);
    }
    \(turn)
    \(rows)
    \(quads)
    \(planes)

    """
  }

  /// A shuffle of two vectors of `type`, to `vi`.
  private func shuffle(_ type: String, _ a: String, _ b: String, _ indices: [Int]) -> String {
    let list = indices.map { String($0) }.joined(separator: ", ")
    return "(vi)__builtin_shufflevector((\(type))\(a), (\(type))\(b),\n          \(list))"
  }

  /// The same shuffle in each group of four lanes: indices below 4 take from `a`, others from `b`.
  private func mix(_ a: String, _ b: String, _ indices: [Int]) -> String {
    let all = (0..<lanes / 4).flatMap { group in
      indices.map { 4 * group + ($0 < 4 ? $0 : $0 - 4 + lanes) }
    }
    return shuffle("qc_words", a, b, all)
  }

  private var turn: String {
    """
    QC_TILE void qc_turn(vi a[4]) {
      const vi p = \(mix("a[0]", "a[1]", [0, 4, 1, 5]));
      const vi q = \(mix("a[0]", "a[1]", [2, 6, 3, 7]));
      const vi r = \(mix("a[2]", "a[3]", [0, 4, 1, 5]));
      const vi s = \(mix("a[2]", "a[3]", [2, 6, 3, 7]));
      a[0] = \(mix("p", "r", [0, 1, 4, 5]));
      a[1] = \(mix("p", "r", [2, 3, 6, 7]));
      a[2] = \(mix("q", "s", [0, 1, 4, 5]));
      a[3] = \(mix("q", "s", [2, 3, 6, 7]));
    }
    """
  }

  /// Sixteen bytes of a vector, group `l` of its lanes.
  private func part(_ vector: String, _ l: Int) -> String {
    let list = (0..<4).map { String(4 * l + $0) }.joined(separator: ", ")
    return "__builtin_shufflevector((qc_words)\(vector), (qc_words)\(vector), \(list))"
  }

  /// `qc_join` makes a vector of its groups, the lowest first.
  private var join: String {
    let list = { (count: Int) in (0..<count).map { String($0) }.joined(separator: ", ") }
    switch lanes {
    case 16:
      return """
        typedef uint32_t qc_half __attribute__((vector_size(32)));
        QC_TILE vi qc_join(qc_row a, qc_row b, qc_row c, qc_row d) {
          const qc_half low = __builtin_shufflevector(a, b, \(list(8)));
          const qc_half high = __builtin_shufflevector(c, d, \(list(8)));
          return (vi)__builtin_shufflevector(low, high, \(list(16)));
        }
        """
    case 8:
      return """
        QC_TILE vi qc_join(qc_row a, qc_row b) {
          return (vi)__builtin_shufflevector(a, b, \(list(8)));
        }
        """
    default:
      return "QC_TILE vi qc_join(qc_row a) { return (vi)a; }"
    }
  }

  private var rows: String {
    let groups = 0..<lanes / 4
    let joined = (0..<4).map { j in
      "  a[\(j)] = qc_join(\(groups.map { "r[\(4 * $0 + j)]" }.joined(separator: ", ")));"
    }
    let parts = (0..<4).flatMap { j in
      groups.map { l in "  r[\(4 * l + j)] = \(part("a[\(j)]", l));" }
    }
    let all = 0..<lanes
    return """
      \(join)
      QC_TILE void qc_load_rows(vi a[4], const uint8_t *p, size_t pitch, uint32_t rows, uint32_t n) {
        qc_row r[VL];
        if (rows == VL && n == 16) {
      \(all.map { "    r[\($0)] = qc_load_row(p + \($0) * pitch, 16);" }.joined(separator: "\n"))
        } else {
      \(all.map {
        "    r[\($0)] = \($0) < rows ? qc_load_row(p + \($0) * pitch, n) : (qc_row){0};"
      }.joined(separator: "\n"))
        }
      \(joined.joined(separator: "\n"))
      }
      QC_TILE void qc_store_rows(uint8_t *p, size_t pitch, const vi a[4], uint32_t rows, uint32_t n) {
        qc_row r[VL];
      \(parts.joined(separator: "\n"))
        if (rows == VL && n == 16) {
      \(all.map { "    qc_store_row(p + \($0) * pitch, r[\($0)], 16);" }.joined(separator: "\n"))
        } else {
      \(all.map {
        "    if (\($0) < rows) qc_store_row(p + \($0) * pitch, r[\($0)], n);"
      }.joined(separator: "\n"))
        }
      }
      """
  }

  /// Three bytes of each lane without the fourth: the first 3 · VL bytes of the result.
  private var packed: [Int] {
    let bytes = (0..<lanes).flatMap { [4 * $0, 4 * $0 + 1, 4 * $0 + 2] }
    return bytes + Array(repeating: 3, count: lanes)
  }

  private var quads: String {
    let unpacked = (0..<4 * lanes).map { 3 * ($0 / 4) + min($0 % 4, 2) }
    return """
      QC_TILE vi qc_load_quads(const uint8_t *p, size_t pitch, uint32_t rows, uint32_t n) {
        if (n == 4 && pitch == 4) return rows == VL ? vi_load(p) : vi_load_n(p, rows);
        if (n == 3 && pitch == 3 && rows == VL) {
          const vi a = vi_load_n(p, \(3 * lanes / 4));
          return \(shuffle("qc_octets", "a", "a", unpacked));
        }
        uint32_t lanes[VL] = {0};
        for (uint32_t i = 0; i < rows; ++i) lanes[i] = (uint32_t)qc_load_part(p + i * pitch, n);
        return vi_load(lanes);
      }
      QC_TILE void qc_store_quads(uint8_t *p, size_t pitch, vi a, uint32_t rows, uint32_t n) {
        if (n == 4 && pitch == 4) {
          if (rows == VL) vi_store(p, a);
          else vi_store_n(p, a, rows);
        } else if (n == 3 && pitch == 3 && rows == VL) {
          const vi b = \(shuffle("qc_octets", "a", "a", packed));
          vi_store_n(p, b, \(3 * lanes / 4));
        } else {
          uint32_t lanes[VL];
          vi_store(lanes, a);
          for (uint32_t i = 0; i < rows; ++i) qc_store_part(p + i * pitch, lanes[i], n);
        }
      }
      """
  }

  private var planes: String {
    let split = (0..<4 * lanes).map { 4 * ($0 % lanes) + $0 / lanes }
    let merged = (0..<4 * lanes).map { lanes * ($0 % 4) + $0 / 4 }
    return """
      QC_TILE vi qc_load_planes(const uint8_t *p, size_t pitch, uint32_t rows, uint32_t n) {
        const uint32_t n1 = n > 1 ? rows : 0, n2 = n > 2 ? rows : 0, n3 = n > 3 ? rows : 0;
        const vi a = \(loadedPlanes);
        return \(shuffle("qc_octets", "a", "a", merged));
      }
      QC_TILE void qc_store_planes(uint8_t *p, size_t pitch, vi a, uint32_t rows, uint32_t n) {
        const vi b = \(shuffle("qc_octets", "a", "a", split));
      \(storedPlanes)
      }
      """
  }

  private var loadedPlanes: String {
    let counts = ["rows", "n1", "n2", "n3"]
    func load(_ function: String, _ k: Int) -> String {
      "\(function)(p + \(k) * pitch, \(counts[k]))"
    }
    func all(_ function: String) -> [String] { (0..<4).map { load(function, $0) } }
    switch lanes {
    case 16:
      return "qc_join(" + all("qc_load_row").joined(separator: ",\n        ") + ")"
    case 8:
      let parts = all("qc_load_part")
      return """
        qc_join((qc_row)(qc_pair){\(parts[0]), \(parts[1])},
              (qc_row)(qc_pair){\(parts[2]), \(parts[3])})
        """
    default:
      let parts = all("(uint32_t)qc_load_part").joined(separator: ",\n        ")
      return "qc_join((qc_row){\(parts)})"
    }
  }

  private var storedPlanes: String {
    func store(_ k: Int) -> String {
      let place = "p + \(k) * pitch"
      switch lanes {
      case 16: return "qc_store_row(\(place), \(part("b", k)), rows);"
      case 8:
        return "qc_store_part(\(place), ((qc_pair)\(part("b", k / 2)))[\(k % 2)], rows);"
      default: return "qc_store_part(\(place), ((qc_words)b)[\(k)], rows);"
      }
    }
    let others = (1..<4).map { k in "  if (n > \(k)) \(store(k))" }
    return (["  " + store(0)] + others).joined(separator: "\n")
  }
}
