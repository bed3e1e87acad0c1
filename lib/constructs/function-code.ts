import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { IKey, Key } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  DockerImageCode,
  DockerImageFunction,
  type FunctionOptions,
  Function as LambdaFunction,
  LayerVersion,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionAssets } from '#packaging/assets.ts';
import type { FunctionName } from '../config/functions.ts';

/** Turns a function's name into a deployed function: zips sharing one layer, or one image with a command for each. */
export class FunctionCode extends Construct {
  /** The commit that it was built from. */
  readonly version: string;
  readonly #assets: FunctionAssets;
  readonly #layer: LayerVersion | undefined;
  readonly #key: Key | undefined;

  /** @param key for the functions' variables; undefined means Lambda's own */
  constructor(scope: Construct, id: string, assets: FunctionAssets, version: string, key: Key | undefined) {
    super(scope, id);
    this.version = version;
    this.#assets = assets;
    this.#key = key;
    if (assets.packaging === 'image') return;
    this.#layer = new LayerVersion(this, 'Natives', {
      description: 'onnxruntime-node and @duckdb/node-api',
      code: Code.fromAsset(assets.layer, { assetHash: assets.layerHash }),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
    });
  }

  createFunction(scope: Construct, id: string, name: FunctionName, given: FunctionOptions): LambdaFunction {
    const assets = this.#assets;
    const options = { ...given, ...(this.#key && { environmentEncryption: this.#key as IKey }) };
    if (assets.packaging === 'image') {
      return new DockerImageFunction(scope, id, {
        ...options,
        // onnxruntime's arm64 build has crashed in cpuinfo on Lambda.
        architecture: Architecture.X86_64,
        code: DockerImageCode.fromImageAsset(assets.context, {
          platform: Platform.LINUX_AMD64,
          cmd: [`${name}/index.handler`],
        }),
      });
    }
    return new LambdaFunction(scope, id, {
      ...options,
      architecture: assets.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(`${assets.functions}/${name}`),
      layers: this.#layer === undefined ? [] : [this.#layer],
    });
  }
}
