#!/bin/sh
# Like the entrypoint of AWS's base images, which takes the handler and starts the runtime against Lambda's Runtime API.
# Without such an API, theirs starts an emulator of it, which is not available here.
if [ $# -ne 1 ]; then
  echo 'entrypoint requires the handler name to be the first argument' >&2
  exit 142
fi
if [ -z "$AWS_LAMBDA_RUNTIME_API" ]; then
  echo 'AWS_LAMBDA_RUNTIME_API is not set, and this base has no emulator of the runtime interface' >&2
  exit 1
fi
export _HANDLER="$1"
exec "$LAMBDA_RUNTIME_DIR/bootstrap"
