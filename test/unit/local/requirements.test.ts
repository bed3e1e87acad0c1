import { describe, expect, test } from 'vitest';
import { diskProblem, nodeProblem, pathProblem, platformProblem, pythonProblem } from '#setup/requirements.mjs';

const GIB = 2 ** 30;

describe('a machine that cannot run tripcast gets what fails, the value and the fix', () => {
  test('a Node older than 20', () => {
    expect(nodeProblem('18.20.4')).toBe(
      'Node.js 18.20.4 is too old: tripcast needs 20 or newer. Install Node.js 24 from your package manager or from nodejs.org.',
    );
    expect(nodeProblem('20.0.0')).toBeUndefined();
    expect(nodeProblem('24.21.0')).toBeUndefined();
  });

  test('a clone whose path has a *, and no other odd name', () => {
    expect(pathProblem('/home/ana/trip*cast')).toBe(
      '/home/ana/trip*cast has a * in its path, which Node.js cannot import from: move the clone to a path without one.',
    );
    expect(pathProblem("/home/ana/té st [x]{a,b}#%20?'")).toBeUndefined();
  });

  test('Windows without WSL2', () => {
    expect(platformProblem({ platform: 'win32', arch: 'x64', glibc: undefined })).toMatch(/win32.*WSL2/);
  });

  test('a processor without prebuilt engines', () => {
    expect(platformProblem({ platform: 'linux', arch: 'ppc64', glibc: '2.36' })).toMatch(
      /linux-ppc64 is not supported/,
    );
  });

  test('Alpine, and a glibc before 2.28', () => {
    expect(platformProblem({ platform: 'linux', arch: 'x64', glibc: undefined })).toMatch(/not glibc.*2\.28/);
    expect(platformProblem({ platform: 'linux', arch: 'x64', glibc: '2.17' })).toMatch(/glibc 2\.17.*2\.28/);
    expect(platformProblem({ platform: 'linux', arch: 'x64', glibc: '2.28' })).toBeUndefined();
    expect(platformProblem({ platform: 'darwin', arch: 'arm64', glibc: undefined })).toBeUndefined();
  });

  test('no Python at all', () => {
    const tried = [{ command: 'python3', version: undefined }];
    expect(pythonProblem(tried)).toMatch(/3\.10 or newer.*none was found \(tried python3\).*TRIPCAST_PYTHON/);
  });

  test('a Python that is too old, 3.9 being older than 3.10', () => {
    expect(pythonProblem([{ command: 'python3', version: '3.9.21' }])).toMatch(/python3 is 3\.9\.21/);
    expect(pythonProblem([{ command: 'python3', version: '2.7.18' }])).toMatch(/python3 is 2\.7\.18/);
    expect(pythonProblem([{ command: 'python3', version: '3.10.0' }])).toBeUndefined();
    expect(pythonProblem([{ command: 'python', version: '4.0.0' }])).toBeUndefined();
  });

  test('too little disk', () => {
    expect(diskProblem({ freeBytes: 1.25 * GIB, neededBytes: 3 * GIB, folder: '/home/ana/tripcast' })).toBe(
      'The disk of /home/ana/tripcast has 1.3 GB free: tripcast needs 3.0 GB here. Free some space, or clone to a larger disk.',
    );
    expect(diskProblem({ freeBytes: 3 * GIB, neededBytes: 3 * GIB, folder: '/' })).toBeUndefined();
  });
});
