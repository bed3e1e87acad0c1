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
import type { FunctionAssets, ImageContext, NativesLayer } from '#packaging/assets.ts';
import type { FunctionName } from '../config/functions.ts';

/** A layer's id in the stack, and its description. */
const LAYERS = {
  main: { id: 'Natives', description: 'onnxruntime-node and @duckdb/node-api' },
  serving: { id: 'ServingNatives', description: '@duckdb/node-api' },
} as const;

/**
 * Turns a function's name into a deployed function: a zip with the layer of its group, or the image of its group with
 * the function's command.
 */
export class FunctionCode extends Construct {
  /** The commit that it was built from. */
  readonly version: string;
  readonly #assets: FunctionAssets;
  readonly #layers: ReadonlyMap<FunctionName, LayerVersion>;
  readonly #key: Key | undefined;

  /** @param key for the functions' variables; undefined means Lambda's own */
  constructor(scope: Construct, id: string, assets: FunctionAssets, version: string, key: Key | undefined) {
    super(scope, id);
    this.version = version;
    this.#assets = assets;
    this.#key = key;
    this.#layers = new Map(assets.packaging === 'image' ? [] : assets.layers.flatMap((each) => this.#share(each)));
  }

  /** Each function of the layer's group, with the layer. */
  #share({ group, archive, hash }: NativesLayer): readonly (readonly [FunctionName, LayerVersion])[] {
    const { id, description } = LAYERS[group.name];
    const layer = new LayerVersion(this, id, {
      description,
      code: Code.fromAsset(archive, { assetHash: hash }),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
    });
    return group.functions.map((name) => [name, layer]);
  }

  createFunction(scope: Construct, id: string, name: FunctionName, given: FunctionOptions): LambdaFunction {
    const assets = this.#assets;
    const options = { ...given, ...(this.#key && { environmentEncryption: this.#key as IKey }) };
    if (assets.packaging === 'image') {
      return new DockerImageFunction(scope, id, {
        ...options,
        // onnxruntime's arm64 build has crashed in cpuinfo on Lambda.
        architecture: Architecture.X86_64,
        code: DockerImageCode.fromImageAsset(contextOf(name, assets.images), {
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
      layers: [this.#layers.get(name)].filter((layer) => layer !== undefined),
    });
  }
}

function contextOf(name: FunctionName, images: readonly ImageContext[]): string {
  const image = images.find(({ group }) => group.functions.includes(name));
  if (image === undefined) throw new Error(`No image holds the function ${name}.`);
  return image.context;
}
