import { monthsOf } from '../card.ts';
import { scrolling } from './drawing.ts';
import { count, decimals, moment, monthsText, percent, shortSha } from './format.ts';
import type { CardExtras, RenderedCard } from './given.ts';
import { type Html, html, NOTHING } from './markup.ts';

/** The files that the model was trained and measured on. */
export function data({ train, recalibrates, validation }: RenderedCard): Html {
  const validated = { ...validation, month: validation.month ?? 'held out' };
  return html`<h2 id="data">Data</h2>
<p>TLC's trip records. Cleaning keeps rides of 1 to 60 minutes and drops nothing else. Point at a shortened SHA-256 to see all of it.</p>
${scrolling(
  'Data',
  html`<table class="lines">
<thead><tr><th scope="col" class="text">Month</th><th scope="col" class="text">Used to</th><th scope="col">Rides read</th><th scope="col">kept</th><th scope="col">share</th><th scope="col">SHA-256 of the file</th></tr></thead>
<tbody>
${train.months.map((month) => fileRow('train', month))}${(recalibrates?.months ?? []).map((month) => fileRow('recalibrate', month))}${fileRow('validate', validated)}</tbody>
</table>`,
)}
<dl class="pairs">
<dt>Training rides</dt><dd>${count(train.rows)} of ${count(train.rows_read)} read</dd>
<dt>Features</dt><dd>${count(train.features)} columns</dd>
<dt>Stored values</dt><dd>${count(train.stored)} in the training matrix${
    validation.stored === undefined ? '' : html`, ${count(validation.stored)} in the validation matrix`
  }</dd>
</dl>`;
}

const fileRow = (
  use: string,
  file: { readonly month: string; readonly rows_read: number; readonly rows: number; readonly sha256: string | null },
): Html =>
  html`<tr><th scope="row">${file.month}</th><td class="text">${use}</td><td>${count(file.rows_read)}</td><td>${count(file.rows)}</td><td>${percent(file.rows / file.rows_read)}</td><td>${file.sha256 === null ? html`–` : sha(file.sha256)}</td></tr>
`;

const sha = (sha256: string): Html => html`<code title="${sha256}">${shortSha(sha256)}…</code>`;

/** The recipe's settings, and the intercept if it has one. */
export function parameters({ intercept }: RenderedCard, { parameters: settings }: CardExtras): Html {
  const entries: readonly (readonly [string, string | number | boolean])[] = [
    ...Object.entries(settings ?? {}),
    ...(intercept === undefined ? [] : [['intercept', `${decimals(intercept, 7)} min`] as const]),
  ];
  return html`<h2 id="parameters">Parameters</h2>
${settings !== undefined && Object.keys(settings).length === 0 ? html`<p>The recipe has no settings.</p>` : NOTHING}
<dl class="pairs">
${entries.map(
  ([name, value]) => html`<dt><code>${name}</code></dt><dd>${String(value)}</dd>
`,
)}</dl>`;
}

/** Which run, which code, which bytes. */
export function provenance(card: RenderedCard, { engines = {} }: CardExtras): Html {
  return html`<h2 id="provenance">Provenance</h2>
<dl class="pairs">
<dt>Run</dt><dd><code>${card.run_id}</code></dd>
<dt>Run in MLflow</dt><dd>${card.mlflow_run_id === null ? html`not registered there` : html`<code>${card.mlflow_run_id}</code>`}</dd>
<dt>${card.recalibrates === undefined ? 'Trained' : 'Recalibrated'}</dt><dd><time datetime="${card.created_at}">${moment(card.created_at)}</time>, in ${decimals(card.seconds, 1)} s</dd>
<dt>Code</dt><dd><code>${card.code_version}</code></dd>
${Object.entries(engines).map(
  ([name, version]) => html`<dt>${name}</dt><dd>${version}</dd>
`,
)}<dt>model.onnx</dt><dd>${count(card.model.bytes)} bytes, SHA-256 <code>${card.model.sha256}</code></dd>
</dl>`;
}

/** How to reproduce the same bytes. */
export function reproduction(card: RenderedCard): Html {
  const commit = /^([0-9a-f]{12})(-changed)?$/.exec(card.code_version);
  return html`<h2 id="reproduce">How to reproduce it</h2>
<pre><code>${commit?.[1] === undefined ? '' : `git checkout ${commit[1]}\n`}${commandLine(card)}</code></pre>
<p>The same files, code and kind of machine give the same model.onnx, to the last byte.${
    card.recalibrates === undefined
      ? html` Add <code>--local --source FOLDER</code> to train on TLC's files in a folder, without AWS.`
      : NOTHING
  }${commit?.[2] === undefined ? '' : ' The code had uncommitted changes.'}</p>`;
}

function commandLine(card: RenderedCard): string {
  const { recipe, taxi_type, train, recalibrates, validation } = card;
  const months = monthsText(monthsOf(card).map(({ month }) => month));
  const share = validation.rows / (validation.rows + (recalibrates ?? train).rows);
  const { held_out: heldOut } = validation;
  const held = heldOut !== undefined && 'days' in heldOut ? `last:${heldOut.days}` : `split:${Number(decimals(share))}`;
  const validated = validation.month ?? held;
  if (recalibrates !== undefined) {
    return `npx tripcast models recalibrate ${recalibrates.run_id} --months ${months} --validate ${validated}`;
  }
  return `npx tripcast train --recipe ${recipe} --taxi-type ${taxi_type} --train ${months} --validate ${validated}`;
}
