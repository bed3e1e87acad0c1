"""The published batch job, repaired: score a month and write it. usage: score_month.py IN PREFIX MODEL.pkl OUT"""
import json
import pickle
import sys
import uuid

import sklearn.feature_extraction  # noqa: F401: the pickle needs them, and imports are not timed
import sklearn.linear_model  # noqa: F401

from rides import Clock, pair_features, read_rides, write_scored

file, prefix, pickled, out = sys.argv[1:5]
clock = Clock()
with open(pickled, "rb") as opened:
    vectorizer, model = pickle.load(opened)
rides = read_rides(file, prefix)
rides["ride_id"] = [str(uuid.uuid4()) for _ in range(len(rides))]
predicted = model.predict(vectorizer.transform(pair_features(rides)))
scored = write_scored(rides, predicted, prefix, out)
print(json.dumps(clock.figures(rows=len(scored))))
