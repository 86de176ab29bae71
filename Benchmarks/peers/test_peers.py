"""Tests of the comparison itself: `scripts/peers.sh --self-test`. They need neither QUANTC_MODELS nor a built quantc."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import cache
import catalog
import compare
import macs
import peak
import publish
import rounds
import scoring
import table
import verdict
from contestants import CONTESTANTS, LINE_UPS, REFERENCE
from made import matmul
from models import Model


def document(**changes) -> dict:
    """The results of one model with two peers, the faster of which is wrong."""

    def facts(score, correct, size):
        return {"metric": "top1", "score": score, "correct": correct, "cosine": 0.99, "same_answer": 0.98, "bytes": size}

    def times(median):
        return rounds.summarize([{"median": median, "min": median, "open_ms": 1.0, "peak_mb": 50.0}])

    return {
        "machine": {
            "cpu": "Some CPU", "family_model": "1/2", "cores": 2, "kernel": "6", "date": "2026-01-02T03:04:05",
            "load_1min": 0.0, "flags": {"avx512_vnni": True, "avx_vnni": False}, "versions": {"numpy": "2"},
        },
        "commit": "abc", "variant": None, "reference": REFERENCE, "ours": "quantc", "rounds": 1, "seconds": 0.1,
        "load_1min_after": 0.0, "peak": {"1": {"vnni_gmacs": 100.0}}, "peak_unit": "vnni_gmacs", "macs": {"m": 50_000_000},
        "prepared": {"m": {
            REFERENCE: facts(0.9, True, 4000), "ort-qdq": facts(0.1, False, 1000), "openvino": facts(0.89, True, 1000),
            "litert": {"unavailable": "no file"}, "quantc": facts(0.9, True, 2000),
        }},
        "timed": {"1": {"m": {
            REFERENCE: times(4.0), "ort-qdq": times(0.5), "openvino": times(2.0), "quantc": times(1.0)}}},
    } | changes


class Tables(unittest.TestCase):
    def test_a_wrong_peer_is_never_the_best(self):
        d = document()
        self.assertEqual(table.best_peer(d["timed"]["1"]["m"], d["prepared"]["m"], REFERENCE, "quantc"), "openvino")

    def test_the_short_table_has_one_row_a_model_and_thread_count(self):
        rows = table.short(document()).splitlines()
        self.assertEqual(len(rows), 3)
        self.assertIn("| m | 1 | 1.000 | openvino | 2.000 | 2.00 | top-1 90.00% | 90.00% | 89.00% | 2 | 1 |", rows)

    def test_no_ratio_is_taken_where_ours_is_wrong(self):
        d = document()
        d["prepared"]["m"]["quantc"]["correct"] = False
        self.assertIn("| m | 1 | 1.000 (wrong) | openvino | 2.000 |  |", table.short(d))

    def test_the_long_table_marks_the_wrong_and_names_the_absent(self):
        text = table.long(document())
        self.assertIn("| ort-qdq | 0.5000 | 0.5000 | 0.0% | wrong | 100.0 | 100% |", text)
        self.assertIn("| quantc | 1.0000 | 1.0000 | 0.0% | 1.00 | 50.0 | 50% |", text)
        self.assertIn("- litert: no file (all models)", text)

    def test_the_readme_keeps_what_stands_around_the_markers(self):
        with tempfile.TemporaryDirectory() as folder:
            readme = Path(folder) / "README.md"
            readme.write_text("above\n<!-- results -->\nold\n<!-- /results -->\nbelow\n")
            publish.write_readme(document(), readme)
            text = readme.read_text()
        self.assertTrue(text.startswith("above\n<!-- results -->\nSome CPU (2 cores, AVX-512 VNNI), 2026-01-02"))
        self.assertTrue(text.endswith("<!-- /results -->\nbelow\n"))
        self.assertNotIn("old", text)
        self.assertEqual(publish.results_file(document()).name, "2026-01-02-some-cpu.md")

    def test_a_final_run_reports_a_wrong_or_absent_quantc(self):
        self.assertEqual(list(compare.missing_ours(document())), [])
        d = document()
        d["prepared"]["m"]["quantc"] = {"failed": "exit 1"}
        self.assertEqual(list(compare.missing_ours(d)), ["m: quantc: exit 1"])


class Rules(unittest.TestCase):
    def test_every_metric_has_a_rule(self):
        self.assertTrue(verdict.correct("top1", 0.86, 0.9))
        self.assertFalse(verdict.correct("top1", 0.84, 0.9))
        self.assertFalse(verdict.correct("pair_spearman", 0.88, 0.91))
        self.assertFalse(verdict.correct("perplexity", 5.6, 5.0))
        self.assertFalse(verdict.correct("cosine", 0.9, 1.0))
        self.assertTrue(verdict.correct("relative_squared_error", 0.01, 0.0))
        self.assertFalse(verdict.correct("relative_squared_error", float("nan"), 0.0))

    def test_the_perplexity_of_uniform_logits_is_the_vocabulary(self):
        metric = {"name": "perplexity", "output": "y", "tokens": "ids"}
        y, ids = {"y": np.zeros((2, 5, 8), np.float32)}, {"ids": np.ones((2, 5), np.int64)}
        self.assertAlmostEqual(scoring.score(metric, y, None, y, ids), 8)

    def test_the_rounds_are_summarized_by_the_median_of_medians(self):
        rows = [{"median": m, "min": m - 1, "open_ms": 1, "peak_mb": m} for m in (3, 2, 7)]
        summary = rounds.summarize(rows)
        self.assertEqual((summary["median_ms"], summary["min_ms"], summary["peak_mb"]), (3, 1, 7))
        self.assertEqual(rounds.summarize([*rows, {"failed": "x"}]), {"failed": "x"})


class Runs(unittest.TestCase):
    def test_a_dry_run_covers_every_model_and_starts_nothing(self):
        for arguments in ([], ["--variant", "avx2"], ["--models", "mnist-cnn", "--contestants", "quantc"]):
            output = io.StringIO()
            with mock.patch("sys.argv", ["compare.py", "--dry-run", *arguments]), contextlib.redirect_stdout(output):
                self.assertEqual(compare.main(), 0)
            self.assertIn("at most", output.getvalue())

    def test_every_name_of_the_lists_exists(self):
        for name in catalog.ALL:
            catalog.entry(name)
        for names in LINE_UPS.values():
            self.assertLessEqual(set(names), set(CONTESTANTS))
        with self.assertRaises(LookupError):
            catalog.entry("no-such-model")

    def test_a_made_model_is_the_same_each_time_and_counts_its_products(self):
        with tempfile.TemporaryDirectory() as folder:
            digests = set()
            for turn in ("a", "b"):
                with mock.patch.dict(catalog._ENTRIES, {"tiny": catalog.Entry(make=matmul.maker(2, 8, 4))}):
                    model = Model("tiny", Path(folder) / turn)
                digests.add(cache.key(model, [matmul], []))
                split = model.split("calibration")
                self.assertEqual(split.sample(0)["x"].shape, (1, 2, 4))
                self.assertEqual(macs.count(model.onnx, {"x": (1, 2, 4)}), 2 * 8 * 4)
            self.assertEqual(len(digests), 1)

    def test_the_machine_is_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            limits = peak.measure(Path(folder), 1, None)
        if limits:
            self.assertGreater(limits["avx2_gmacs"], 0)


if __name__ == "__main__":
    unittest.main()
