# `serve` answers predictions over HTTP, without Lambda. Anything else is a handler's name and starts the way the base
# image starts it: on Lambda with the runtime interface client, elsewhere with AWS's emulator of the interface.
if [ "$1" = serve ]; then
  exec node "$LAMBDA_TASK_ROOT/serve/index.js"
fi
exec /lambda-entrypoint.sh "$@"
