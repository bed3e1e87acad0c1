"""The published boosted model, 30 rounds. usage: train_xgboost.py TRAIN.parquet VALIDATE.parquet PREFIX"""
import json
import sys
import time

import xgboost as xgb
from sklearn.feature_extraction import DictVectorizer

from rides import Clock, pair_features, read_rides

PARAMETERS = {
    "learning_rate": 0.09585355369315604,
    "max_depth": 30,
    "min_child_weight": 1.060597050922164,
    "objective": "reg:squarederror",
    "reg_alpha": 0.018060244040060163,
    "reg_lambda": 0.011658731377413597,
    "seed": 42,
    "tree_method": "hist",
}

train_file, validation_file, prefix = sys.argv[1:4]
clock = Clock()
train, validation = read_rides(train_file, prefix), read_rides(validation_file, prefix)
vectorizer = DictVectorizer()
a = xgb.DMatrix(vectorizer.fit_transform(pair_features(train)), label=train.duration.values)
b = xgb.DMatrix(vectorizer.transform(pair_features(validation)), label=validation.duration.values)
started = time.perf_counter()
errors = {}
xgb.train(
    PARAMETERS, a, num_boost_round=30, evals=[(a, "train"), (b, "validation")], evals_result=errors, verbose_eval=False
)
boosting = time.perf_counter() - started
print(json.dumps(clock.figures(rows=len(train), rmse=errors["validation"]["rmse"][-1], boosting_seconds=boosting)))
