/** A group with fewer rides says too little about its error. */
export const TELLING_RIDES = 100;
