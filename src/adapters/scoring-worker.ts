/** A thread that runs a program on what it finds in shared memory, until it is terminated. See scoring-threads.ts. */
import { workerData } from 'node:worker_threads';
import { Machine } from '#engine/machine.ts';
import { BUSY, FAILED, READY, Slot, type WorkerStart } from './scoring-slot.ts';

const { program, shared } = workerData as WorkerStart; // what scoring-threads.ts passes
const machine = new Machine(program);
const slot = new Slot(shared);
slot.answer(READY);
for (;;) {
  slot.awaitChangeFrom(READY);
  if (slot.state !== BUSY) continue;
  try {
    machine.run(slot.inputs(slot.rides), slot.outputs(slot.rides));
    slot.answer(READY);
  } catch {
    slot.answer(FAILED); // the main thread computes these rides again, and gets the error
    break;
  }
}
