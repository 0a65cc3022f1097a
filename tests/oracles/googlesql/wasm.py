"""Runs Google's SQL analyzer and reference evaluator, compiled to WebAssembly.

Decides nothing about SQL: it loads the module (machine code is cached beside the virtual
environment) and carries protocol buffers in and out. It must not hold a catalog.
"""

import ctypes
import os
import sys
import tempfile

import tzdata
import wasmtime
from google.protobuf import empty_pb2
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2

# Each registered catalog has all of BigQuery's functions: this many are kept.
KEPT_CATALOGS = 32


class SqlError(Exception):
    """What the analyzer or the evaluator says against a statement."""


class Service:
    """One instance of the module; replaced by a fresh one when a statement crashes it."""

    def __init__(self):
        config = wasmtime.Config()
        config.shared_memory = True
        self._engine = wasmtime.Engine(config)
        self._module = self._load()
        # Types that were analyzed, by their text: they are the same in every catalog.
        self.types = {}
        self._boot()

    def _load(self):
        """The compiled module; compiling takes most of a minute, reading it back a moment."""
        file = os.path.join(sys.prefix, "zetasql.cwasm")
        try:
            return wasmtime.Module.deserialize_file(self._engine, file)
        except wasmtime.WasmtimeError:
            code = wasmtime.Module.from_file(self._engine, str(get_wasm_path())).serialize()
        # Renamed into place: several suites may compile at once.
        handle, temporary = tempfile.mkstemp(dir=sys.prefix)
        with os.fdopen(handle, "wb") as out:
            out.write(code)
        os.replace(temporary, file)
        return wasmtime.Module.deserialize_file(self._engine, file)

    def _boot(self):
        # Registered catalogs, by their content, the one used last at the end.
        self._catalogs = {}
        self._store = wasmtime.Store(self._engine)
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        wasi.preopen_dir(os.path.join(os.path.dirname(tzdata.__file__), "zoneinfo"), "/usr/share/zoneinfo")
        self._store.set_wasi(wasi)
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        self._exports = linker.instantiate(self._store, self._module).exports(self._store)
        self._exports["_initialize"](self._store)
        self._memory = self._exports["memory"]

    def _call(self, name, *arguments):
        return self._exports[name](self._store, *arguments)

    def _address(self, pointer):
        return ctypes.addressof(self._memory.data_ptr().contents) + pointer

    def registered(self, catalog):
        """The number under which the service knows a catalog of this content."""
        content = catalog.SerializeToString(deterministic=True)
        number = self._catalogs.pop(content, None)
        if number is None:
            if len(self._catalogs) == KEPT_CATALOGS:
                oldest = self._catalogs.pop(next(iter(self._catalogs)))
                self.call("UnregisterCatalog", service_pb2.UnregisterRequest(registered_id=oldest))
            request = service_pb2.RegisterCatalogRequest(simple_catalog=catalog)
            number = self.call("RegisterCatalog", request, service_pb2.RegisterResponse).registered_id
        self._catalogs[content] = number
        return number

    def call(self, method, request, response=empty_pb2.Empty):
        """Calls one method of the service; raises SqlError with the service's message."""
        data = request.SerializeToString()
        input_, size = self._call("wasm_malloc", len(data) + 1), self._call("wasm_malloc", 4)
        ctypes.memmove(self._address(input_), data, len(data))
        try:
            output = self._call("ZetaSqlLocalService_" + method, input_, len(data), size)
        except wasmtime.Trap as trap:
            self._boot()
            raise SqlError("the analyzer crashed: " + str(trap).splitlines()[-1]) from None
        try:
            if output == 0:
                length = self._call("wasm_get_last_error_size")
                text = ctypes.string_at(self._address(self._call("wasm_get_last_error")), length).decode()
                raise SqlError(text.partition(", Message: ")[2] or text)
            length = int.from_bytes(ctypes.string_at(self._address(size), 4), "little")
            answer = ctypes.string_at(self._address(output), length)
            self._call("wasm_free", output)
            return response.FromString(answer)
        finally:
            self._call("wasm_free", input_)
            self._call("wasm_free", size)
