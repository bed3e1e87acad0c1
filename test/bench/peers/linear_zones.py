"""One-hot pickup and dropoff zones, exact: the reference of linear-zones. usage: linear_zones.py FILE PREFIX"""
import json
import sys

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.metrics import root_mean_squared_error

from rides import ZONES, Clock, read_rides

file, prefix = sys.argv[1:3]
clock = Clock()
rides = read_rides(file, prefix)
rides[ZONES] = rides[ZONES].fillna(-1).astype(int).astype(str)
matrix = DictVectorizer().fit_transform(rides[ZONES].to_dict(orient="records"))
model = LinearRegression(tol=1e-13).fit(matrix, rides.duration.values)
rmse = root_mean_squared_error(rides.duration.values, model.predict(matrix))
print(json.dumps(clock.figures(rows=len(rides), rmse=rmse, intercept=model.intercept_)))
