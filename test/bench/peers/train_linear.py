"""The published linear model: one-hot pairs and the distance. usage: train_linear.py FILE PREFIX OUT.pkl"""
import json
import pickle
import sys

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.metrics import root_mean_squared_error

from rides import Clock, pair_features, read_rides

file, prefix, out = sys.argv[1:4]
clock = Clock()
rides = read_rides(file, prefix)
vectorizer = DictVectorizer()
matrix = vectorizer.fit_transform(pair_features(rides))
model = LinearRegression().fit(matrix, rides.duration.values)
rmse = root_mean_squared_error(rides.duration.values, model.predict(matrix))
with open(out, "wb") as file:
    pickle.dump((vectorizer, model), file)
print(json.dumps(clock.figures(rows=len(rides), rmse=rmse)))
