"""What XGBoost alone takes for rides ready in memory, one thread. usage: xgboost_rates.py FILE PREFIX MODEL_FOLDER"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import xgboost as xgb

from rides import read_rides
from zone_map import ZoneMap

file, prefix, folder = sys.argv[1:4]
rides = read_rides(file, prefix)
frame = ZoneMap(folder).features(rides, prefix)
frame.columns = [f"f{i}" for i in range(frame.shape[1])]
matrix = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))
booster = xgb.Booster({"nthread": 1}, model_file=Path(folder) / "model.ubj")
booster.feature_names = list(frame.columns)
named = {"validate_features": False}


def micros(work):
    work()
    times = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return sorted(times)[1] / len(matrix) * 1e6


print(
    json.dumps(
        {
            "rows": len(matrix),
            "data_frame": micros(lambda: booster.predict(xgb.DMatrix(frame, nthread=1), **named)),
            "in_place": micros(lambda: booster.inplace_predict(matrix, **named)),
        }
    )
)
