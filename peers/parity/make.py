"""python make.py SUITE FOLDER: writes the cases of a suite (xgboost, lightgbm, sklearn, onnx, spark) into a folder."""
import sys

from parity import Suite


def main(name, folder):
    suite = Suite(folder)
    if name in ("xgboost", "lightgbm"):
        import boosted
        {"xgboost": boosted.xgboost_cases, "lightgbm": boosted.lightgbm_cases}[name](suite)
    elif name == "onnx":
        import onnx_cases
        onnx_cases.onnx_cases(suite)
    elif name == "spark":
        import spark_tables
        print(spark_tables.in_spark(folder))
        return
    elif name == "sklearn":
        import sklearn_cases
        sklearn_cases.sklearn_cases(suite)
    else:
        raise SystemExit(f"there is no suite '{name}'")
    print(f"{suite.count} cases")


main(*sys.argv[1:])
