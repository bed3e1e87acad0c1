import type { Api } from '../api.ts';
import { Scroll } from '../scroll.tsx';
import { Loaded } from '../status.tsx';
import { useRemote } from '../use-remote.ts';
import { count, day, percent, shortRun } from '../words.ts';
import type { Champion, Figures, History, Promotion } from './answers.ts';

/** The champion's card, and how it came to be the champion. */
export function ModelView({ api }: { api: Api }) {
  const champion = useRemote<Champion>(api, 'models/champion');
  const history = useRemote<History>(api, 'models/history');
  return (
    <div class="view">
      <section aria-labelledby="champion">
        <h2 id="champion">The champion</h2>
        <Loaded remote={champion} what="The model card">
          {(value) => <Card champion={value} />}
        </Loaded>
      </section>
      <section aria-labelledby="promotions">
        <h2 id="promotions">Promotions</h2>
        <Loaded remote={history} what="The promotions">
          {({ promotions }) => <Promotions promotions={promotions} />}
        </Loaded>
      </section>
    </div>
  );
}

function Card({ champion: { run_id, card } }: { champion: Champion }) {
  const { train, validation, model } = card;
  const months = train.months.map(({ month }) => month).toSorted();
  const gains = card.importance ?? [];
  const most = Math.max(...gains.map(({ gain }) => gain), Number.MIN_VALUE);
  return (
    <>
      <p>
        <b>{card.recipe}</b> for {card.taxi_type} taxis, run <code>{run_id}</code>.
      </p>
      <Scroll name="Errors" way="x">
        <table class="lines figures">
          <caption class="quiet">
            On {count(validation.rows)} rides {validation.month === null ? 'held out' : `of ${validation.month}`},
            minutes
          </caption>
          <thead>
            <tr>
              <th scope="col" class="text">
                Distance
              </th>
              <th scope="col">RMSE</th>
              <th scope="col">Mean error</th>
              <th scope="col">Inside the 90% interval</th>
            </tr>
          </thead>
          <tbody>
            <FiguresRow name="given" figures={validation} />
            <FiguresRow name="not given" figures={validation.typical_distance} />
          </tbody>
        </table>
      </Scroll>
      <dl class="pairs">
        <dt>Trained on</dt>
        <dd>
          {months.join(', ')}: {count(train.rows)} rides
        </dd>
        <dt>Trained</dt>
        <dd>
          {day(card.created_at)}, in {card.seconds.toFixed(0)} s
        </dd>
        <dt>Code</dt>
        <dd>
          <code>{card.code_version}</code>
        </dd>
        <dt>model.onnx</dt>
        <dd>
          {count(model.bytes)} bytes, SHA-256 <code title={model.sha256}>{model.sha256.slice(0, 12)}…</code>
        </dd>
      </dl>
      {gains.length > 0 && (
        <details>
          <summary>What it looks at</summary>
          <table>
            <caption class="quiet">Features by how much they gain at a split, on average</caption>
            <tbody>
              {gains.map(({ feature, gain }) => (
                <tr key={feature}>
                  <th scope="row">
                    <code>{feature}</code>
                  </th>
                  <td class="drawn">
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                      <rect class="less" width={Math.max(0.5, (100 * gain) / most)} height="8" />
                    </svg>
                  </td>
                  <td>{count(Math.round(gain))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </>
  );
}

const FiguresRow = ({ name, figures: { rmse, mae, coverage_90 } }: { name: string; figures: Figures }) => (
  <tr>
    <th scope="row">{name}</th>
    <td>{rmse.toFixed(2)}</td>
    <td>{mae.toFixed(2)}</td>
    <td>{percent(coverage_90)}</td>
  </tr>
);

function Promotions({ promotions }: { promotions: readonly Promotion[] }) {
  if (promotions.length === 0)
    return <p class="quiet">There have been none: this model is served without a registry.</p>;
  return (
    <ol class="history" reversed>
      {promotions.map((promotion) => (
        <li key={promotion.sequence} value={promotion.sequence}>
          <b>
            {promotion.rolled_back_run_id === undefined ? 'Promoted' : 'Rolled back to'}{' '}
            <code title={promotion.run_id}>{shortRun(promotion.run_id)}</code>
          </b>{' '}
          on <time dateTime={promotion.promoted_at}>{day(promotion.promoted_at)}</time> by {promotion.promoted_by}
          <p class="quiet">{comparison(promotion)}</p>
          {promotion.overruled && (
            <p class="problem">
              The gate was overruled: {promotion.overruled.reasons.join('; ')}.
              {promotion.overruled.because !== null && ` Why: ${promotion.overruled.because}`}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

function comparison({ previous_run_id, rolled_back_run_id, best }: Promotion): string {
  if (rolled_back_run_id !== undefined) return `Run ${shortRun(rolled_back_run_id)} was withdrawn.`;
  if (previous_run_id === null) return 'The first champion: there was none to compare it with.';
  const others = best === undefined ? '' : ` and with ${shortRun(best.run_id)}, the best so far`;
  return `Compared with ${shortRun(previous_run_id)}, the champion before it${others}.`;
}
