"""The model behind FastAPI and onnxruntime, as its users would write it: one worker, one thread for the model."""

import sys
import uuid
from datetime import datetime

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

model, port = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options)
outputs = ["predicted_duration", "interval_low", "interval_high"]
app = FastAPI()


class Ride(BaseModel):
    PULocationID: int = Field(ge=1, le=265)
    DOLocationID: int = Field(ge=1, le=265)
    trip_distance: float | None = Field(None, ge=0, lt=1e6)
    pickup_datetime: datetime


@app.post("/predict")
async def predict(ride: Ride):
    given = ride.trip_distance is not None
    duration, low, high = session.run(
        outputs,
        {
            "PULocationID": np.array([ride.PULocationID], np.int64),
            "DOLocationID": np.array([ride.DOLocationID], np.int64),
            "trip_distance": np.array([ride.trip_distance if given else np.nan], np.float32),
            "pickup_time": np.array([(ride.pickup_datetime - datetime(1970, 1, 1)).total_seconds()], np.int64),
        },
    )
    return {
        "predicted_duration": float(duration[0]),
        "interval": [float(low[0]), float(high[0])],
        "distance_source": "given" if given else "typical",
        "pickup_datetime_used": ride.pickup_datetime.isoformat(),
        "prediction_id": f"api/{uuid.uuid4()}",
    }


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", loop="uvloop", http="httptools")
