"""
A Lambda executor for LocalStack without Docker: an execution environment is a process of the `node` on PATH that runs
worker.ts. Two pipes connect them; each message is a line of JSON.

EXECUTOR_LOGS  the folder for the logs of the environments
EXECUTOR_OPT   what a container would have at /opt. The free edition puts no layers there; LAMBDA_DOCKER_FLAGS="-v …:/opt"
               mounts a folder. Unset: nothing is there.
"""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

WORKER = os.path.join(os.path.dirname(__file__), "worker.ts")
START_SECONDS = 60
READ_BYTES = 1 << 20


class Worker:
    """The process of one execution environment."""

    def __init__(self, variables, folder, log):
        requests, self.requests = os.pipe()
        self.answers, answers = os.pipe()
        self.unread = b""
        self.process = subprocess.Popen(
            ["node", WORKER],
            env={**variables, "EXECUTOR_REQUESTS": str(requests), "EXECUTOR_ANSWERS": str(answers)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[requests, answers],
            start_new_session=True,
        )
        os.close(requests)
        os.close(answers)

    def ask(self, request):
        unsent = memoryview(json.dumps(request).encode() + b"\n")
        while unsent:
            unsent = unsent[os.write(self.requests, unsent) :]

    def answer(self, seconds):
        """The next message; None when the process ended, or said nothing in this time."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.answers], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.answers, READ_BYTES) if ready else b""
            if not chunk:
                return None
            self.unread += chunk
        line, self.unread = self.unread.split(b"\n", 1)
        return json.loads(line)

    def exit_code(self):
        """None while it runs."""
        try:
            return self.process.wait(1)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass  # it ended on its own
        self.process.wait(5)
        os.close(self.requests)
        os.close(self.answers)


def exit_error(phase, code):
    ended = "no answer in time" if code is None else f"exit status {code}"
    return {"errorType": "Runtime.ExitError", "errorMessage": f"{phase}: Runtime exited with error: {ended}"}


def timeout_error(request_id, seconds):
    return {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds",
    }


class Processes(RuntimeExecutorPlugin):
    name = "processes"

    def load(self, *args, **kwargs):
        from localstack import config
        from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
        from localstack.services.lambda_.invocation.lambda_models import InvocationResult
        from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

        class ProcessExecutor(RuntimeExecutor):
            def __init__(self, id, function_version):
                super().__init__(id, function_version)
                self.worker = None
                self.given = {}
                self.tmp = None
                self.log_path = os.path.join(os.environ["EXECUTOR_LOGS"], f"{id}.log")
                self.log = open(self.log_path, "ab")
                self.reported = 0

            def start(self, env_vars):
                self.given = {name: str(value) for name, value in env_vars.items()}
                self.spawn()

            def spawn(self):
                version = self.function_version.config
                if not (version.runtime or "").startswith("nodejs"):
                    raise NotImplementedError(f"Only Node functions run here, not {version.runtime or 'images'}")
                self.tmp = self.tmp or tempfile.mkdtemp(prefix="function-")
                folder = str(version.code.get_unzipped_code_location())
                opt = os.environ.get("EXECUTOR_OPT", "/nonexistent")
                variables = {
                    "PATH": os.environ["PATH"],
                    "HOME": self.tmp,
                    "LANG": "en_US.UTF-8",
                    **self.given,
                    "TZ": "UTC",
                    "TMPDIR": self.tmp,
                    "LAMBDA_TASK_ROOT": folder,
                    "NODE_PATH": f"{opt}/nodejs/node24/node_modules:{opt}/nodejs/node_modules",
                    "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
                }
                self.worker = Worker(variables, folder, self.log)
                answer = self.worker.answer(START_SECONDS)
                if answer is None or "ready" not in answer:
                    failure = (answer or {}).get("error") or exit_error("init", self.worker.exit_code())
                    self.kill()
                    raise StatusErrorException("Environment startup failed", payload=json.dumps(failure).encode())

            def invoke(self, payload):
                request_id = payload["invoke-id"]
                seconds = self.function_version.config.timeout
                if self.worker is None:
                    self.spawn()  # as Lambda does after a crash or a timeout
                self.write(f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}")
                self.worker.ask(
                    {
                        "id": request_id,
                        "arn": payload["invoked-function-arn"],
                        "event": payload["payload"],
                        "seconds": seconds,
                    }
                )
                answer = self.worker.answer(seconds) or self.failed(request_id, seconds)
                self.write(f"END RequestId: {request_id}")
                logs = self.logs_from(self.reported)  # the first has those of the start, too
                self.reported = os.path.getsize(self.log_path)
                return InvocationResult(request_id, answer["body"].encode(), is_error=answer["isError"], logs=logs)

            def failed(self, request_id, seconds):
                code = self.worker.exit_code()
                error = timeout_error(request_id, seconds) if code is None else exit_error(request_id, code)
                self.kill()
                return {"body": json.dumps(error), "isError": True}

            def write(self, line):
                self.log.write(f"{line}\n".encode())
                self.log.flush()

            def logs_from(self, position):
                with open(self.log_path, encoding="utf8", errors="replace") as file:
                    file.seek(position)
                    return file.read()

            def get_logs(self):
                return self.logs_from(0)

            def kill(self):
                if self.worker is not None:
                    self.worker.kill()
                    self.worker = None

            def stop(self):
                self.kill()
                if self.tmp:
                    shutil.rmtree(self.tmp, ignore_errors=True)
                self.log.close()

            def get_address(self):
                return "127.0.0.1"

            def get_endpoint_from_executor(self):
                return "127.0.0.1"

            def get_runtime_endpoint(self):
                return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

            @classmethod
            def prepare_version(cls, function_version):
                if function_version.config.code:
                    function_version.config.code.prepare_for_execution()

            @classmethod
            def cleanup_version(cls, function_version):
                pass

        return ProcessExecutor
