"""The champion's features with numpy: tripcast's own model files, used from Python."""
import json
from pathlib import Path

import numpy as np
import pandas as pd


class ZoneMap:
    def __init__(self, folder):
        said = json.loads((Path(folder) / "zone-map.json").read_text())
        self.names = said["features"]
        self.usual_time = said["usual_time"]
        self.places = np.zeros((266, len(next(iter(said["coordinates"].values())))), dtype=np.float32)
        for zone, place in said["coordinates"].items():
            self.places[int(zone)] = place

    def features(self, rides, prefix):
        """A DataFrame, one row a ride, all distances known."""

        def slots(column):
            zones = rides[column].fillna(0).to_numpy(dtype=np.int64)
            return np.where((zones >= 1) & (zones <= 265), zones, 0)

        distance = rides.trip_distance.to_numpy(dtype=np.float32)
        pickup, dropoff = self.places[slots("PULocationID")], self.places[slots("DOLocationID")]
        way = dropoff - pickup
        on_map = np.sqrt((way * way).sum(axis=1), dtype=np.float32)
        time = rides[prefix + "pickup_datetime"].dt
        columns = [
            distance,
            time.hour.to_numpy() * 60 + time.minute.to_numpy(),
            time.weekday.to_numpy(),
            *pickup.T,
            *dropoff.T,
            *way.T,
            on_map,
            distance - on_map,
        ]
        matrix = np.column_stack(columns).astype(np.float32)
        return pd.DataFrame(matrix, columns=self.names, index=rides.index)
