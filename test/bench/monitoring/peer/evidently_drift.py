"""Evidently's DataDriftPreset on the columns that tripcast compares. usage: evidently_drift.py REFERENCE CURRENT"""

import json
import resource
import sys
import time

started = time.perf_counter()
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

imported = time.perf_counter()
CATEGORICAL = ["PULocationID", "DOLocationID", "VendorID", "RatecodeID", "payment_type", "store_and_fwd_flag"]


def read(path):
    frame = pd.read_parquet(path)
    frame = frame.drop(columns=[name for name in frame.columns if "datetime" in name or frame[name].isna().all()])
    categorical = [name for name in CATEGORICAL if name in frame.columns]
    numerical = [name for name in frame.columns if name not in categorical]
    frame[numerical] = frame[numerical].astype("float64")
    return frame, DataDefinition(numerical_columns=numerical, categorical_columns=categorical)


reference, definition = read(sys.argv[1])
current, _ = read(sys.argv[2])
report = Report([DataDriftPreset()])
result = report.run(
    Dataset.from_pandas(current, data_definition=definition),
    Dataset.from_pandas(reference, data_definition=definition),
)
result.dict()
finished = time.perf_counter()
print(
    json.dumps(
        {
            "columns": len(reference.columns),
            "seconds": finished - imported,
            "whole": finished - started,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
