"""A Flyte backend's front door in this process: it writes down what clients ask of it, and runs nothing.

AdminService and DataProxy by flyteidl's own stubs, and an HTTP endpoint that takes the uploads the
DataProxy signs for. Registering twice with another content is refused, as FlyteAdmin does.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from flyteidl.admin import execution_pb2, launch_plan_pb2, project_pb2, task_pb2, workflow_pb2
from flyteidl.core import compiler_pb2, identifier_pb2
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2, dataproxy_pb2_grpc

Key = tuple[str, str]


@dataclass
class Records:
    """What was registered (by name and version), switched, launched and uploaded."""

    tasks: dict[Key, Any] = field(default_factory=dict)
    workflows: dict[Key, Any] = field(default_factory=dict)
    launch_plans: dict[Key, Any] = field(default_factory=dict)
    active: set[Key] = field(default_factory=set)
    executions: list[Any] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)

    def names(self, kind: str) -> set[str]:
        return {name for name, _ in getattr(self, kind)}

    def only(self, kind: str, name: str) -> Any:
        """The one registered entity of this name."""
        found = [spec for (known, _), spec in getattr(self, kind).items() if known == name]
        assert len(found) == 1, f"{len(found)} {kind} named {name}"
        return found[0]


class _Admin(admin_pb2_grpc.AdminServiceServicer):
    def __init__(self, records: Records):
        self.records = records

    def CreateTask(self, request: Any, context: Any) -> Any:
        _create(self.records.tasks, request, context)
        return task_pb2.TaskCreateResponse()

    def CreateWorkflow(self, request: Any, context: Any) -> Any:
        _create(self.records.workflows, request, context)
        return workflow_pb2.WorkflowCreateResponse()

    def CreateLaunchPlan(self, request: Any, context: Any) -> Any:
        _create(self.records.launch_plans, request, context)
        return launch_plan_pb2.LaunchPlanCreateResponse()

    def UpdateLaunchPlan(self, request: Any, context: Any) -> Any:
        if request.state == launch_plan_pb2.ACTIVE:
            _get(self.records.launch_plans, request, context)
            self.records.active.add(_key(request.id))
        return launch_plan_pb2.LaunchPlanUpdateResponse()

    def CreateExecution(self, request: Any, context: Any) -> Any:
        self.records.executions.append(request)
        return execution_pb2.ExecutionCreateResponse(id=_execution_id(request))

    def GetTask(self, request: Any, context: Any) -> Any:
        template = _get(self.records.tasks, request, context).template
        return task_pb2.Task(
            id=request.id, closure=task_pb2.TaskClosure(compiled_task=compiler_pb2.CompiledTask(template=template))
        )

    def GetWorkflow(self, request: Any, context: Any) -> Any:
        """The workflow with every task of its version: no compiler looks at which it reaches."""
        spec = _get(self.records.workflows, request, context)
        tasks = [one for (_, version), one in self.records.tasks.items() if version == request.id.version]
        closure = compiler_pb2.CompiledWorkflowClosure(
            primary=compiler_pb2.CompiledWorkflow(template=spec.template),
            tasks=[compiler_pb2.CompiledTask(template=task.template) for task in tasks],
        )
        return workflow_pb2.Workflow(id=request.id, closure=workflow_pb2.WorkflowClosure(compiled_workflow=closure))

    def GetLaunchPlan(self, request: Any, context: Any) -> Any:
        spec = _get(self.records.launch_plans, request, context)
        closure = launch_plan_pb2.LaunchPlanClosure(expected_inputs=spec.default_inputs)
        return launch_plan_pb2.LaunchPlan(id=request.id, spec=spec, closure=closure)

    def GetExecution(self, request: Any, context: Any) -> Any:
        for execution in self.records.executions:
            if _execution_id(execution).name == request.id.name:
                return execution_pb2.Execution(id=request.id, spec=execution.spec)
        context.abort(grpc.StatusCode.NOT_FOUND, f"no execution {request.id.name}")

    def ListProjects(self, request: Any, context: Any) -> Any:
        return project_pb2.Projects(projects=[project_pb2.Project(id="research", name="research")])


class _DataProxy(dataproxy_pb2_grpc.DataProxyServiceServicer):
    def __init__(self, port: int):
        self.port = port

    def CreateUploadLocation(self, request: Any, context: Any) -> Any:
        path = f"{request.project}/{request.domain}/{request.content_md5.hex()}/{request.filename}"
        return dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=f"http://127.0.0.1:{self.port}/{path}", native_url=f"s3://bucket/{path}"
        )


class _Uploads(ThreadingHTTPServer):
    def __init__(self, records: Records):
        super().__init__(("127.0.0.1", 0), _Put)
        self.records = records


class _Put(BaseHTTPRequestHandler):
    server: _Uploads

    def do_PUT(self) -> None:
        self.server.records.uploads[self.path.lstrip("/")] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Backend:
    """Starts with the `with` statement; `config` writes the file that `pyflyte --config` reads."""

    def __init__(self) -> None:
        self.records = Records()

    def __enter__(self) -> "Backend":
        self._uploads = _Uploads(self.records)
        threading.Thread(target=self._uploads.serve_forever, daemon=True).start()
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        admin_pb2_grpc.add_AdminServiceServicer_to_server(_Admin(self.records), self._server)
        dataproxy_pb2_grpc.add_DataProxyServiceServicer_to_server(_DataProxy(self._uploads.server_port), self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(grace=None).wait(10)
        self._uploads.shutdown()
        self._uploads.server_close()

    def config(self, folder: Path) -> str:
        path = folder / "flyte.yaml"
        path.write_text(f"admin:\n  endpoint: 127.0.0.1:{self.port}\n  insecure: true\n")
        return str(path)


def _key(identifier: Any) -> Key:
    return identifier.name, identifier.version


def _create(known: dict[Key, Any], request: Any, context: Any) -> None:
    key = _key(request.id)
    if key in known:
        same = known[key].SerializeToString(deterministic=True) == request.spec.SerializeToString(deterministic=True)
        code = grpc.StatusCode.ALREADY_EXISTS if same else grpc.StatusCode.INVALID_ARGUMENT
        context.abort(code, f"{key[0]} is registered as version {key[1]} with {'equal' if same else 'other'} content")
    known[key] = request.spec


def _get(known: dict[Key, Any], request: Any, context: Any) -> Any:
    if _key(request.id) not in known:
        context.abort(grpc.StatusCode.NOT_FOUND, f"{_key(request.id)} is not registered")
    return known[_key(request.id)]


def _execution_id(request: Any) -> Any:
    return identifier_pb2.WorkflowExecutionIdentifier(
        project=request.project, domain=request.domain, name=request.name or "unnamed"
    )
