import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { typicalRidesSource } from '../../support/typical-rides.ts';

test('the rides that others are compared with are real ones', async () => {
  await expect(await typicalRidesSource(temporaryFolder())).toMatchFileSnapshot(
    join(CLONE, 'src', 'console', 'ride', 'gen', 'typical-rides.ts'),
  );
});
