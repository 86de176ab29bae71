"""The results as Markdown: the long table of everything, and the short one of ours against the best correct peer."""

_LONG = [
    "model", "threads", "contestant", "median ms", "min ms", "spread", "to ours", "GMAC/s", "of peak", "score", "same answer",
    "cosine", "kB", "open ms", "peak MB",
]
_SHORT = ["model", "threads", "ours ms", "best correct peer", "its ms", "ratio", "float", "ours", "peer", "kB ours", "kB peer"]
_METRICS = {
    "top1": "top-1", "anchor_top1": "top-1", "presence": "faces", "pair_spearman": "Spearman", "cosine": "cosine",
    "relative_squared_error": "rel. sq. error", "perplexity": "perplexity",
}
_PERCENT = {"top1", "anchor_top1", "presence"}
_AGAINST_FLOAT = {"relative_squared_error", "mse", "cosine"}


def best_peer(rows: dict[str, dict], prepared: dict[str, dict], reference: str, ours: str) -> str | None:
    """The quantized peer with the least median among those whose answers are right; the earlier one of equals."""
    able = [
        name
        for name, timing in rows.items()
        if name not in (reference, ours) and "median_ms" in timing and prepared[name]["correct"]
    ]
    return min(able, key=lambda name: rows[name]["median_ms"], default=None)


def short(document: dict) -> str:
    """One row a model and thread count. `ratio`: the peer's median over ours, above 1 where ours is faster."""
    reference, ours = document["reference"], document["ours"]
    lines = [_row(_SHORT), _row(["---"] * len(_SHORT))]
    for model, prepared in document["prepared"].items():
        for threads, models in document["timed"].items():
            rows = models[model]
            peer = best_peer(rows, prepared, reference, ours)
            own, best = rows.get(ours, {}).get("median_ms"), rows.get(peer, {}).get("median_ms")
            right = prepared[ours].get("correct", False)
            ratio = f"{best / own:.2f}" if own and best and right else ""
            facts = [prepared.get(name, {}) for name in (reference, ours, peer)]
            mark = "" if right or not own else " (wrong)"
            lines.append(_row([
                model, str(threads), _milliseconds(own) + mark, peer or "none", _milliseconds(best), ratio,
                _named_score(facts[0]), _score(facts[1]), _score(facts[2]),
                _kilobytes(facts[1]), _kilobytes(facts[2]),
            ]))
    return "\n".join(lines)


def long(document: dict) -> str:
    """One row a model, thread count and contestant, and who was left out."""
    lines = [_row(_LONG), _row(["---"] * len(_LONG))]
    for model, prepared in document["prepared"].items():
        for threads, models in document["timed"].items():
            own = models[model].get(document["ours"], {}).get("median_ms")
            peak = document["peak"].get(str(threads), {}).get(document["peak_unit"])
            for name, timing in models[model].items():
                rate = document["macs"][model] / 1e6 / timing["median_ms"] if "median_ms" in timing else None
                lines.append(_row([
                    model, str(threads), name, *_times(timing, own, prepared[name]["correct"]),
                    f"{rate:.1f}" if rate else "", f"{rate / peak:.0%}" if rate and peak else "",
                    *_cells(timing, prepared[name]),
                ]))
    absent = left_out(document)
    return "\n".join(lines + (["", "Left out:", "", *absent] if absent else []))


def left_out(document: dict) -> list[str]:
    """Who did not take part, why, and on which models."""
    reasons = {}
    for model, contestants in document["prepared"].items():
        for name, facts in contestants.items():
            if problem := facts.get("unavailable") or facts.get("failed"):
                reasons.setdefault((name, problem.splitlines()[-1]), []).append(model)
    every = len(document["prepared"])
    return [
        f"- {name}: {reason} ({'all models' if len(models) == every else ', '.join(models)})"
        for (name, reason), models in reasons.items()
    ]


def facts(document: dict) -> str:
    """The machine, its limits, the date and how it was measured: the paragraph that stands above a table."""
    machine = document["machine"]
    flags = ", ".join(flag for flag, present in machine["flags"].items() if present)
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        f"{machine['cpu']} (family/model {machine['family_model']}, {machine['cores']} cores; {flags}),",
        f"Linux {machine['kernel']}, {machine['date'][:10]}, load {machine['load_1min']:.2f} before and",
        f"{document['load_1min_after']:.2f} after; quantc {document['commit']}; {versions};",
        f"medians of {document['rounds']} interleaved rounds of {document['seconds']} s in separate processes.",
    ]
    for threads, limits in document["peak"].items():
        names = {"vnni_gmacs": "GMAC/s by vpdpbusd", "avx2_gmacs": "GMAC/s by vpmaddubsw",
                 "cached_gbs": "GB/s read from 16 MiB", "memory_gbs": "GB/s read from memory"}
        known = ", ".join(f"{limits[key]:.0f} {text}" for key, text in names.items() if key in limits)
        lines.append(f"This machine's limits with {threads} thread{'' if threads == '1' else 's'}: {known}.")
    return "\n".join(lines)


def instructions(document: dict) -> str:
    """The instructions for byte products that a reader asks for first."""
    if document["variant"]:
        return f"held to {document['variant'].upper()}"
    flags = document["machine"]["flags"]
    return "AVX-512 VNNI" if flags["avx512_vnni"] else "AVX-VNNI" if flags["avx_vnni"] else "AVX2, no VNNI"


def _times(timing, own, right):
    if "failed" in timing:
        return ["failed", "", "", ""]
    median = timing["median_ms"]
    ratio = "wrong" if not right else f"{median / own:.2f}" if own else ""
    return [f"{median:.4f}", f"{timing['min_ms']:.4f}", f"{timing['spread']:.1%}", ratio]


def _cells(timing, prepared):
    opened = [f"{timing['open_ms']:.1f}", f"{timing['peak_mb']:.0f}"] if "median_ms" in timing else ["", ""]
    same = prepared.get("same_answer")
    return [
        _score(prepared), "" if same is None else f"{same:.2%}", f"{prepared['cosine']:.4f}", _kilobytes(prepared), *opened]


def _milliseconds(value):
    return "" if value is None else f"{value:.3f}" if value >= 0.1 else f"{value:.4f}"


def _kilobytes(prepared):
    return f"{prepared['bytes'] / 1000:.0f}" if "bytes" in prepared else ""


def _score(prepared):
    if "score" not in prepared:
        return ""
    return f"{prepared['score']:.2%}" if prepared["metric"] in _PERCENT else f"{prepared['score']:.4f}"


def _named_score(prepared):
    """The metric's name with the float model's score, which says nothing where float is compared with itself."""
    if "score" not in prepared:
        return ""
    name = _METRICS.get(prepared["metric"], prepared["metric"])
    return name if prepared["metric"] in _AGAINST_FLOAT else f"{name} {_score(prepared)}"


def _row(cells):
    return "| " + " | ".join(cells) + " |"
