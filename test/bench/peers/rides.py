"""What all peers do first: read a month, keep the rides of 1 to 60 minutes, time themselves."""
import resource
import time

import pandas as pd

ZONES = ["PULocationID", "DOLocationID"]


def read_rides(file, prefix):
    rides = pd.read_parquet(file)
    taken = rides[prefix + "dropoff_datetime"] - rides[prefix + "pickup_datetime"]
    rides["duration"] = taken.dt.total_seconds() / 60
    return rides[(rides.duration >= 1) & (rides.duration <= 60)].copy()


def pair_features(rides):
    """The published features: pickup and dropoff as one category, and the distance."""
    rides[ZONES] = rides[ZONES].fillna(-1).astype(int).astype(str)
    rides["PU_DO"] = rides.PULocationID + "_" + rides.DOLocationID
    return rides[["PU_DO", "trip_distance"]].to_dict(orient="records")


def write_scored(rides, predicted, prefix, out):
    """Writes the published job's output, and returns it."""
    scored = pd.DataFrame(
        {
            "ride_id": rides.ride_id,
            prefix + "pickup_datetime": rides[prefix + "pickup_datetime"],
            "PULocationID": rides.PULocationID,
            "DOLocationID": rides.DOLocationID,
            "actual_duration": rides.duration,
            "predicted_duration": predicted,
            "diff": rides.duration - predicted,
            "model_version": "run",
        }
    )
    scored.to_parquet(out, engine="pyarrow", index=False)
    return scored


class Clock:
    """Seconds since the imports were done, and the most memory the process ever had."""

    def __init__(self):
        self.start = time.perf_counter()

    def figures(self, **more):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"seconds": time.perf_counter() - self.start, "peak_mib": peak, **more}
