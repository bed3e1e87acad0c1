"""The published stream handler: decode, vectorize and predict record by record. usage: handler.py MODEL.pkl EVENTS"""
import base64
import json
import os
import pickle
import random
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

with open(sys.argv[1], "rb") as opened:
    vectorizer, model = pickle.load(opened)
count = int(sys.argv[2])
draw = random.Random(0)


def record(i):
    ride = {
        "PULocationID": draw.randint(1, 263),
        "DOLocationID": draw.randint(1, 263),
        "trip_distance": round(draw.gammavariate(2, 2), 2),
    }
    data = json.dumps({"ride": ride, "ride_id": i}).encode()
    return {"kinesis": {"data": base64.b64encode(data).decode()}}


def handle(event):
    predictions = []
    for each in event["Records"]:
        sent = json.loads(base64.b64decode(each["kinesis"]["data"]))
        ride = sent["ride"]
        features = {
            "PU_DO": f"{ride['PULocationID']}_{ride['DOLocationID']}",
            "trip_distance": ride["trip_distance"],
        }
        duration = float(model.predict(vectorizer.transform(features))[0])
        prediction = {"ride_duration": duration, "ride_id": sent["ride_id"]}
        predictions.append(
            {"model": "ride_duration_prediction_model", "version": "x", "prediction": prediction}
        )
        json.dumps(predictions[-1])  # what put_record would send
    return {"predictions": predictions}


event = {"Records": [record(i) for i in range(count)]}
handle({"Records": event["Records"][:200]})
rates = []
for _ in range(3):
    started = time.perf_counter()
    handle(event)
    rates.append(count / (time.perf_counter() - started))
print(json.dumps({"events_per_second": sorted(rates)[1]}))
