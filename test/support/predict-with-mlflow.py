"""Predicts golden rides as a Python user would: the champion from MLflow's registry, rides in a DataFrame.

Reads {"model", "rides"} from standard input and prints {"predictions", "run_id", "warnings"}: the model's outputs by name,
the run of the registry that the model names, and what Python and MLflow warned of.
"""

import json
import logging
import sys
import warnings

import mlflow
import pandas

heard = []


class Hear(logging.Handler):
    def emit(self, record):
        heard.append(record.getMessage())


logging.getLogger("mlflow").addHandler(Hear(level=logging.WARNING))
asked = json.load(sys.stdin)
rides = pandas.DataFrame(asked["rides"])
rides["trip_distance"] = rides["trip_distance"].astype("float64")  # null is "not given"
with warnings.catch_warnings(record=True) as caught:
    model = mlflow.pyfunc.load_model(asked["model"])
    predictions = model.predict(rides)
answer = {
    "predictions": {name: [float(minutes) for minutes in predictions[name]] for name in predictions},
    "run_id": model.metadata.metadata["tripcast.run_id"],
    "warnings": heard + [str(warning.message) for warning in caught],
}
json.dump(answer, sys.stdout)
