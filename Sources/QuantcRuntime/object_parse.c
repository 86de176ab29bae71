#include "object_parse.h"

#include <elf.h>
#include <string.h>

/// An image may be larger than its file by alignment only.
static const uint64_t max_image_bytes = UINT64_C(1) << 30;

#if defined(__x86_64__)
enum { host_machine = EM_X86_64 };
#elif defined(__aarch64__)
enum { host_machine = EM_AARCH64 };
#else
enum { host_machine = EM_RISCV };
#endif

/// Whether `length` bytes from `offset` lie in `byte_count` bytes.
static int in_range(uint64_t offset, uint64_t length, uint64_t byte_count) {
  return offset <= byte_count && length <= byte_count - offset;
}

/// The file offset of `length` bytes at a virtual address, or `UINT64_MAX`.
static uint64_t file_offset(const qc_image *image, uint64_t address, uint64_t length) {
  for (uint32_t i = 0; i < image->load_count; ++i) {
    const qc_load *load = &image->loads[i];
    if (address >= load->address && in_range(address - load->address, length, load->file_bytes)) {
      return load->file_offset + (address - load->address);
    }
  }
  return UINT64_MAX;
}

static const char *check_header(const Elf64_Ehdr *header, uint64_t byte_count) {
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
      header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_ident[EI_VERSION] != EV_CURRENT ||
      header->e_type != ET_DYN) {
    return "is not a 64-bit little-endian ELF shared object";
  }
  if (header->e_machine != host_machine)
    return "holds code for another architecture";
  if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > 64 ||
      !in_range(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), byte_count)) {
    return "has an impossible program header table";
  }
  return NULL;
}

/// Takes one loadable segment into the image.
static const char *take_load(qc_image *image, const Elf64_Phdr *segment, uint64_t byte_count,
                             uint64_t page_bytes) {
  if (segment->p_memsz == 0)
    return NULL;
  if (image->load_count == QC_MAX_LOADS)
    return "has too many segments";
  if (!in_range(segment->p_offset, segment->p_filesz, byte_count) ||
      segment->p_filesz > segment->p_memsz ||
      !in_range(segment->p_vaddr, segment->p_memsz, max_image_bytes)) {
    return "has a segment outside of its file";
  }
  const uint64_t mask = page_bytes - 1;
  if ((segment->p_vaddr & ~mask) < ((image->image_bytes + mask) & ~mask) && image->load_count > 0) {
    return "has segments that share a page or are out of order";
  }
  const uint64_t end = segment->p_vaddr + segment->p_memsz;
  if (end > byte_count + (image->load_count + 2) * UINT64_C(65536)) {
    return "has a segment far outside of its file";
  }
  const int is_executable = (segment->p_flags & PF_X) != 0;
  if (is_executable && (segment->p_flags & PF_W) != 0)
    return "has writable code";
  image->loads[image->load_count++] = (qc_load){
      .file_offset = segment->p_offset,
      .file_bytes = segment->p_filesz,
      .address = segment->p_vaddr,
      .memory_bytes = segment->p_memsz,
      .is_executable = is_executable,
  };
  image->image_bytes = end;
  return NULL;
}

/// Whether the segment lies wholly in `cover`.
static int is_covered(const Elf64_Phdr *segment, const Elf64_Phdr *cover) {
  return segment->p_vaddr >= cover->p_vaddr &&
         in_range(segment->p_vaddr - cover->p_vaddr, segment->p_memsz, cover->p_memsz);
}

/// Fills the loads from the program headers and finds the dynamic section. A writable segment is
/// accepted only when it is that section, or all of it is to be read-only after relocation: there
/// are no relocations, so it is never written.
static const char *take_segments(qc_image *image, const uint8_t *bytes, uint64_t byte_count,
                                 uint64_t page_bytes, const Elf64_Ehdr *header,
                                 Elf64_Phdr *dynamic) {
  Elf64_Phdr segment;
  Elf64_Phdr read_only_after = {0};
  memset(dynamic, 0, sizeof *dynamic);
  for (uint32_t i = 0; i < header->e_phnum; ++i) {
    memcpy(&segment, bytes + header->e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_GNU_RELRO)
      read_only_after = segment;
    if (segment.p_type == PT_DYNAMIC)
      *dynamic = segment;
    if (segment.p_type == PT_TLS)
      return "has thread-local data";
    if (segment.p_type == PT_INTERP)
      return "asks for a program interpreter";
  }
  for (uint32_t i = 0; i < header->e_phnum; ++i) {
    memcpy(&segment, bytes + header->e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type != PT_LOAD)
      continue;
    const int is_never_written =
        is_covered(&segment, &read_only_after) || is_covered(&segment, dynamic);
    if ((segment.p_flags & PF_W) != 0 && !is_never_written)
      return "has writable data";
    const char *fault = take_load(image, &segment, byte_count, page_bytes);
    if (fault != NULL)
      return fault;
  }
  if (image->load_count == 0)
    return "has nothing to load";
  return NULL;
}

/// The tables that the dynamic section points to; all are virtual addresses.
typedef struct dynamic_tables {
  uint64_t symbols, texts, text_bytes, hash, gnu_hash;
} dynamic_tables;

static const char *take_dynamic(const uint8_t *bytes, uint64_t byte_count,
                                const Elf64_Phdr *dynamic, dynamic_tables *tables) {
  if (dynamic->p_type != PT_DYNAMIC ||
      !in_range(dynamic->p_offset, dynamic->p_filesz, byte_count)) {
    return "has no dynamic section";
  }
  memset(tables, 0, sizeof *tables);
  const uint64_t count = dynamic->p_filesz / sizeof(Elf64_Dyn);
  for (uint64_t i = 0; i < count; ++i) {
    Elf64_Dyn entry;
    memcpy(&entry, bytes + dynamic->p_offset + i * sizeof entry, sizeof entry);
    switch (entry.d_tag) {
    case DT_NULL:
      return NULL;
    case DT_SYMTAB:
      tables->symbols = entry.d_un.d_ptr;
      break;
    case DT_STRTAB:
      tables->texts = entry.d_un.d_ptr;
      break;
    case DT_STRSZ:
      tables->text_bytes = entry.d_un.d_val;
      break;
    case DT_HASH:
      tables->hash = entry.d_un.d_ptr;
      break;
    case DT_GNU_HASH:
      tables->gnu_hash = entry.d_un.d_ptr;
      break;
    case DT_SYMENT:
      if (entry.d_un.d_val != sizeof(Elf64_Sym))
        return "has symbols of an unknown size";
      break;
    case DT_NEEDED:
      return "imports a library";
    case DT_RELASZ:
    case DT_RELSZ:
    case DT_PLTRELSZ:
    case DT_TEXTREL:
    case DT_JMPREL:
    case 35: /* DT_RELRSZ */
      return "has relocations";
    case DT_INIT:
    case DT_FINI:
    case DT_INIT_ARRAY:
    case DT_FINI_ARRAY:
    case DT_PREINIT_ARRAY:
      return "has initializers";
    default:
      break;
    }
  }
  return NULL;
}

static int read_u32(const qc_image *image, const uint8_t *bytes, uint64_t address,
                    uint32_t *value) {
  const uint64_t offset = file_offset(image, address, sizeof *value);
  if (offset == UINT64_MAX)
    return 0;
  memcpy(value, bytes + offset, sizeof *value);
  return 1;
}

/// Number of symbols by the GNU hash table: the end of the last chain. Source: the GNU linker's
/// `.gnu.hash` layout: header, bloom words, buckets, chains whose last entry has bit 0 set.
static int count_by_gnu_hash(const qc_image *image, const uint8_t *bytes, uint64_t table,
                             uint32_t *count) {
  uint32_t bucket_count, first, bloom_words;
  if (!read_u32(image, bytes, table, &bucket_count) || !read_u32(image, bytes, table + 4, &first) ||
      !read_u32(image, bytes, table + 8, &bloom_words)) {
    return 0;
  }
  const uint64_t buckets = table + 16 + UINT64_C(8) * bloom_words;
  const uint64_t chains = buckets + UINT64_C(4) * bucket_count;
  if (file_offset(image, buckets, UINT64_C(4) * bucket_count) == UINT64_MAX)
    return 0;
  uint32_t last = 0;
  for (uint32_t i = 0; i < bucket_count; ++i) {
    uint32_t symbol;
    if (!read_u32(image, bytes, buckets + UINT64_C(4) * i, &symbol))
      return 0;
    if (symbol > last)
      last = symbol;
  }
  if (last == 0) {
    *count = first;
    return 1;
  }
  if (last < first)
    return 0;
  uint32_t chain = 0;
  while ((chain & 1) == 0) {
    if (!read_u32(image, bytes, chains + UINT64_C(4) * (last - first), &chain))
      return 0;
    if (last == UINT32_MAX)
      return 0;
    last += 1;
  }
  *count = last;
  return 1;
}

/// Checks the symbol table: nothing undefined, every name inside the texts.
static const char *take_symbols(qc_image *image, const uint8_t *bytes,
                                const dynamic_tables *tables) {
  uint32_t count = 0;
  const int counted = tables->gnu_hash != 0
                          ? count_by_gnu_hash(image, bytes, tables->gnu_hash, &count)
                          : tables->hash != 0 && read_u32(image, bytes, tables->hash + 4, &count);
  const uint64_t symbols = file_offset(image, tables->symbols, UINT64_C(24) * count);
  const uint64_t texts = file_offset(image, tables->texts, tables->text_bytes);
  if (!counted || count > 65536 || symbols == UINT64_MAX || texts == UINT64_MAX ||
      tables->text_bytes == 0 || bytes[texts + tables->text_bytes - 1] != 0) {
    return "has an impossible symbol table";
  }
  for (uint32_t i = 1; i < count; ++i) {
    Elf64_Sym symbol;
    memcpy(&symbol, bytes + symbols + i * sizeof symbol, sizeof symbol);
    if (symbol.st_shndx == SHN_UNDEF)
      return "imports a symbol";
    if (symbol.st_name >= tables->text_bytes)
      return "has an impossible symbol table";
  }
  image->symbols = (qc_symbols){
      .table = bytes + symbols,
      .count = count,
      .texts = (const char *)bytes + texts,
      .text_bytes = tables->text_bytes,
      .next = 1,
  };
  return NULL;
}

const char *qc_object_parse(qc_image *image, const uint8_t *bytes, uint64_t byte_count,
                            uint64_t page_bytes) {
  memset(image, 0, sizeof *image);
  Elf64_Ehdr header;
  if (byte_count < sizeof header)
    return "is too short for an ELF shared object";
  memcpy(&header, bytes, sizeof header);
  Elf64_Phdr dynamic;
  dynamic_tables tables;
  const char *fault = check_header(&header, byte_count);
  if (fault == NULL) {
    fault = take_segments(image, bytes, byte_count, page_bytes, &header, &dynamic);
  }
  if (fault == NULL)
    fault = take_dynamic(bytes, byte_count, &dynamic, &tables);
  if (fault == NULL)
    fault = take_symbols(image, bytes, &tables);
  return fault;
}
