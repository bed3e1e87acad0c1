"""The champion's features with numpy: tripcast's own model files, used from Python."""
import json
from pathlib import Path

import numpy as np
import pandas as pd


class ZoneMap:
    def __init__(self, folder):
        said = json.loads((Path(folder) / "zone-map.json").read_text())
        self.names = said["features"]
        self.absent = said["absent_distance"]
        self.holidays = pd.to_datetime(said["holidays"])
        self.places = np.zeros((266, len(next(iter(said["coordinates"].values())))), dtype=np.float32)
        for zone, place in said["coordinates"].items():
            self.places[int(zone)] = place

    def features(self, rides, prefix):
        """A DataFrame, one row a ride, all pickup times known."""

        def slots(column):
            zones = rides[column].fillna(0).to_numpy(dtype=np.int64)
            return np.where((zones >= 1) & (zones <= 265), zones, 0)

        is_known = rides.trip_distance.notna().to_numpy()
        distance = rides.trip_distance.fillna(self.absent).to_numpy(dtype=np.float32)
        pickup, dropoff = self.places[slots("PULocationID")], self.places[slots("DOLocationID")]
        way = dropoff - pickup
        on_map = np.sqrt((way * way).sum(axis=1), dtype=np.float32)
        pickup_time = rides[prefix + "pickup_datetime"]
        is_holiday = pickup_time.dt.normalize().isin(self.holidays).to_numpy()
        time = pickup_time.dt
        columns = [
            distance,
            time.hour.to_numpy() * 60 + time.minute.to_numpy(),
            np.where(is_holiday, 7, time.weekday.to_numpy()),
            *pickup.T,
            *dropoff.T,
            *way.T,
            on_map,
            np.where(is_known, distance - on_map, self.absent),
        ]
        matrix = np.column_stack(columns).astype(np.float32)
        return pd.DataFrame(matrix, columns=self.names, index=rides.index)
