interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers the questions of one turn of the event loop together. A busy server reads several requests in a turn: it asks
 * its model once for all of them, and sends the answers one right after the other, which wakes a client up once, not once
 * for each. A quiet server has one request in a turn, which waits for no other.
 *
 * When a call fails, each question is asked again by itself, so that only those fail that must.
 * @param answerAll one answer for each question, in the same order
 * @example
 * const predict = perTurn((rides: readonly PredictRequest[]) => predictRides(rides, model, deps));
 * const [one, other] = await Promise.all([predict(ride), predict(another)]); // one call of predictRides
 */
export function perTurn<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = [];

  async function answer(asked: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await answerAll(asked.map(({ question }) => question));
      if (answers.length !== asked.length) {
        throw new RangeError(`${asked.length} questions got ${answers.length} answers.`);
      }
      for (const [i, given] of answers.entries()) asked[i]?.resolve(given);
    } catch (error) {
      if (asked.length === 1) asked[0]?.reject(error);
      else await Promise.all(asked.map((each) => answer([each])));
    }
  }

  return (question) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) {
        setImmediate(() => {
          const asked = waiting;
          waiting = [];
          void answer(asked);
        });
      }
      waiting.push({ question, resolve, reject });
    });
}
