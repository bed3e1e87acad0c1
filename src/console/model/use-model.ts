import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import { type Model, ModelKeeper } from './keeper.ts';
import { PagePredictor, type WorkerPort } from './page-predictor.ts';

/** How often the page asks whether there is a new champion; also whenever it comes back into sight. */
const ASK_EVERY_MS = 60_000;

/** The champion, followed while the page is open. @param worker the address of the worker's script */
export function useModel(api: Api, worker: string): Model {
  const [keeper] = useState(
    () =>
      new ModelKeeper({
        api,
        start: (model, run, onDeath) => {
          const port = new Worker(worker, { type: 'module' }) as unknown as WorkerPort; // a Worker with our messages
          return PagePredictor.start(port, { model, run, onDeath });
        },
        onChange: (next) => setModel(next),
      }),
  );
  const [model, setModel] = useState(keeper.model);
  useEffect(() => {
    void keeper.refresh();
    const timer = setInterval(() => void keeper.refresh(), ASK_EVERY_MS);
    const onVisible = () => document.visibilityState === 'visible' && void keeper.refresh();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [keeper]);
  return model;
}
