/** XGBoost's own prediction in place: no DMatrix, the rows are read where they are. One thread. */
import koffi from 'koffi';

export type InPlace = (rows: Float32Array) => void;

/** @param columns of a row */
export function inPlace(library: string, model: Uint8Array, columns: number): InPlace {
  const native = koffi.load(library);
  const create = native.func('int XGBoosterCreate(void *, uint64_t, _Out_ void **)');
  const load = native.func('int XGBoosterLoadModelFromBuffer(void *, const uint8_t *, uint64_t)');
  const set = native.func('int XGBoosterSetParam(void *, const char *, const char *)');
  const predict = native.func(
    'int XGBoosterPredictFromDense(void *, const char *, const char *, void *, _Out_ void **, _Out_ uint64_t *, _Out_ void **)',
  );
  const error = native.func('const char *XGBGetLastError()');
  const check = (result: number) => {
    if (result !== 0) throw new Error(error());
  };
  const out: [unknown] = [null];
  check(create(null, 0, out));
  const [booster] = out;
  check(load(booster, model, model.length));
  check(set(booster, 'nthread', '1'));
  const config = '{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN}';
  return (rows) => {
    const data = [Number(koffi.address(rows)), true];
    const shape = [rows.length / columns, columns];
    check(
      predict(
        booster,
        JSON.stringify({ data, shape, typestr: '<f4', version: 3 }),
        config,
        null,
        [null],
        [null],
        [null],
      ),
    );
  };
}
