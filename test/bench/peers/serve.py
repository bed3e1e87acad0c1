"""The usual way to serve it: FastAPI, pydantic, onnxruntime. usage: serve.py MODEL.onnx PORT"""
import sys
from datetime import datetime
from uuid import uuid4

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

model, port = sys.argv[1:3]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options)
app = FastAPI()


class Ride(BaseModel):
    PULocationID: int = Field(ge=1, le=265)
    DOLocationID: int = Field(ge=1, le=265)
    trip_distance: float = Field(ge=0)
    pickup_datetime: datetime


@app.post("/predict")
def predict(ride: Ride):
    seconds = int((ride.pickup_datetime.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds())
    duration, low, high = session.run(
        ["predicted_duration", "interval_low", "interval_high"],
        {
            "PULocationID": np.array([ride.PULocationID], dtype=np.int64),
            "DOLocationID": np.array([ride.DOLocationID], dtype=np.int64),
            "trip_distance": np.array([ride.trip_distance], dtype=np.float32),
            "pickup_time": np.array([seconds], dtype=np.int64),
        },
    )
    return {
        "predicted_duration": float(duration[0]),
        "interval": [float(low[0]), float(high[0])],
        "model_version": "run",
        "prediction_id": f"api/{uuid4()}",
    }


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")
