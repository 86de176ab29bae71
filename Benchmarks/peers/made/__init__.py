"""Models and samples that are computed here from a seed or from the files of QUANTC_MODELS: the same bytes each time."""
