"""The results as one Markdown table."""

_COLUMNS = ["model", "threads", "contestant", "median ms", "min ms", "spread", "score", "same answer", "kB", "to ours"]


def markdown(document, reference, ours):
    """One row a model, thread count and contestant. `to ours`: its median over ours, above 1 where ours is faster."""
    lines = [_facts(document), "", _row(_COLUMNS), _row(["---"] * len(_COLUMNS))]
    for threads, models in document["timed"].items():
        for model, contestants in models.items():
            for name, timing in contestants.items():
                facts = document["prepared"][model][name]
                own = contestants.get(ours, {}).get("median_ms")
                lines.append(_row([model, str(threads), name, *_cells(timing, facts, own)]))
    left_out = [
        f"- {model}: {name}: {(facts.get('unavailable') or facts['failed']).splitlines()[-1]}"
        for model, contestants in document["prepared"].items()
        for name, facts in contestants.items()
        if "score" not in facts
    ]
    if left_out:
        lines += ["", "Left out:", "", *left_out]
    return "\n".join(lines)


def _facts(document):
    machine = document["machine"]
    flags = ", ".join(flag for flag, present in machine["flags"].items() if present)
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return "\n".join([
        f"{machine['cpu']} (family/model {machine['family_model']}, {machine['mhz']} MHz, {machine['cores']} cores; {flags}),",
        f"Linux {machine['kernel']}, {machine['date']}, load {machine['load_1min']:.2f} before and",
        f"{document['load_1min_after']:.2f} after; {versions};",
        f"medians of {document['rounds']} interleaved rounds of {document['seconds']} s in separate processes.",
    ])


def _cells(timing, facts, own):
    shared = [_number(facts["score"]), _number(facts.get("same_answer")), f"{facts['bytes'] / 1000:.1f}"]
    if "failed" in timing:
        return ["failed", "", "", *shared, ""]
    median = timing["median_ms"]
    ratio = f"{median / own:.2f}" if own else ""
    return [f"{median:.4f}", f"{timing['min_ms']:.4f}", f"{timing['spread']:.1%}", *shared, ratio]


def _number(value):
    return "" if value is None else f"{value:.4f}"


def _row(cells):
    return "| " + " | ".join(cells) + " |"
