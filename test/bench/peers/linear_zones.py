"""One-hot pickup and dropoff zones, exact: the reference of linear-zones. usage: linear_zones.py FILE PREFIX"""
import json, sys, time
import numpy as np, pandas as pd
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

file, prefix = sys.argv[1:3]
start = time.perf_counter()
rides = pd.read_parquet(file)
rides['duration'] = (rides[prefix + 'dropoff_datetime'] - rides[prefix + 'pickup_datetime']).dt.total_seconds() / 60
rides = rides[(rides.duration >= 1) & (rides.duration <= 60)].copy()
zones = ['PULocationID', 'DOLocationID']
rides[zones] = rides[zones].fillna(-1).astype(int).astype(str)
matrix = DictVectorizer().fit_transform(rides[zones].to_dict(orient='records'))
model = LinearRegression(tol=1e-13).fit(matrix, rides.duration.values)
rmse = float(np.sqrt(np.mean((rides.duration.values - model.predict(matrix)) ** 2)))
print(json.dumps({'rows': len(rides), 'intercept': model.intercept_, 'rmse': rmse, 'seconds': time.perf_counter() - start}))
