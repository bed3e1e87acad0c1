"""The same job with the champion's own trees, in XGBoost. usage: score_month_xgboost.py IN PREFIX MODEL_FOLDER OUT"""
import json
import sys
import uuid
from pathlib import Path

import xgboost as xgb

from rides import Clock, read_rides, write_scored
from zone_map import ZoneMap

file, prefix, folder, out = sys.argv[1:5]
clock = Clock()
booster = xgb.Booster(model_file=Path(folder) / "model.ubj")
rides = read_rides(file, prefix)
rides["ride_id"] = [str(uuid.uuid4()) for _ in range(len(rides))]
features = ZoneMap(folder).features(rides, prefix)
features.columns = [f"f{i}" for i in range(features.shape[1])]
booster.feature_names = list(features.columns)
predicted = booster.predict(xgb.DMatrix(features)).clip(1, 60)
scored = write_scored(rides, predicted, prefix, out)
error = scored["diff"]
print(json.dumps(clock.figures(rows=len(scored), rmse=float((error * error).mean() ** 0.5))))
