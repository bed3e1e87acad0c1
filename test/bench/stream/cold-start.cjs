// A fresh process up to its first prediction, as in Lambda: the bundled handler, one event, the model over HTTP.
// usage: node cold-start.cjs BUNDLE EVENT.json; the function's variables are in the environment
const { readFileSync } = require('node:fs');

const booted = performance.now();
const [bundle = '', eventFile = ''] = process.argv.slice(2);
const { handler } = require(bundle);
const imported = performance.now();
void predictOnce();

async function predictOnce() {
  const event = JSON.parse(readFileSync(eventFile, 'utf8'));
  const answer = await handler(event, { getRemainingTimeInMillis: () => 60_000 });
  const predicted = performance.now();
  // stream-score returns predictions, predict an HTTP response.
  if (answer.statusCode !== 200 && !answer.predictions?.length)
    throw new Error(`No prediction: ${JSON.stringify(answer)}`);
  console.log(
    JSON.stringify({ boot: booted, import: imported - booted, first: predicted - imported, total: predicted }),
  );
}
