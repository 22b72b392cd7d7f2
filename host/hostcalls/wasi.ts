/**
 * WASI preview 1 as far as Envoy has it, for `wasi_snapshot_preview1` and `wasi_unstable`: output is logged, there are no
 * files and no sockets. Source: proxy-wasm-cpp-host src/exports.cc.
 */
import { LogLevel } from "../abi.ts";
import { byteString, bytesOf, concat } from "../byte-string.ts";
import type { Shape } from "../shape.ts";
import type { Signature } from "../signature.ts";
import type { Vm } from "../vm.ts";
import { type Availability, type HostFunction, type HostFunctions, hostFunction } from "./host-function.ts";
import { writeLog } from "./log.ts";

const Errno = { Success: 0, Badf: 8, Notdir: 20, Fault: 21, Inval: 28, Noent: 44, Nosys: 52, Notsup: 58 } as const;

const stdout = 1;
const stderr = 2;
const maxRandomBytes = 64 * 1024;
const isOutput = (fd: number) => fd === stdout || fd === stderr;
const fault = (isWritten: boolean) => (isWritten ? Errno.Success : Errno.Fault);

/**
 * `fd_write(fd, iovs, count, *written)`: stdout is logged as info, stderr as error, in one message without its last newline.
 * Results: success; badf (another fd); fault.
 */
function write(vm: Vm, fd: number, iovs: number, count: number, writtenOut: number): number {
  if (!isOutput(fd)) return Errno.Badf;
  const parts: Uint8Array[] = [];
  for (let at = iovs; at < iovs + count * 8; at += 8) {
    const pointer = vm.memory.readU32(at);
    const size = vm.memory.readU32(at + 4);
    const part = pointer === null || size === null ? null : vm.memory.read(pointer, size);
    if (part === null) return Errno.Fault;
    parts.push(part);
  }
  const text = byteString(concat(parts));
  if (text !== "") writeLog(vm, fd === stdout ? LogLevel.Info : LogLevel.Error, text.replace(/\n$/, ""));
  return fault(vm.memory.writeU32(writtenOut, text.length));
}

const environment = (vm: Vm): Uint8Array[] =>
  Array.from(vm.options.environment, ([name, value]) => bytesOf(`${name}=${value}\0`));

/** `environ_sizes_get(*count, *bytes)`. Results: success; fault. */
function environSizes(vm: Vm, countOut: number, bytesOut: number): number {
  const variables = environment(vm);
  return fault(
    vm.memory.writeU32(countOut, variables.length) && vm.memory.writeU32(bytesOut, concat(variables).length),
  );
}

/** `environ_get(**variables, bytes)`: each as `NAME=value` and NUL. Results: success; fault. */
function environ(vm: Vm, pointersOut: number, bytesOut: number): number {
  let [pointer, at] = [pointersOut, bytesOut];
  for (const variable of environment(vm)) {
    if (!vm.memory.writeU32(pointer, at) || !vm.memory.write(at, variable)) return Errno.Fault;
    pointer += 4;
    at += variable.length;
  }
  return Errno.Success;
}

/** `args_sizes_get(*count, *bytes)`: there are none. Results: success; fault. */
const argsSizes = (vm: Vm, countOut: number, bytesOut: number): number =>
  fault(vm.memory.writeU32(countOut, 0) && vm.memory.writeU32(bytesOut, 0));

/** `clock_time_get(id, precision, *time)`: 0 = wall clock, 1 = steady, nanoseconds. Results: success; notsup; fault. */
function clockTime(vm: Vm, id: number, _precision: bigint, timeOut: number): number {
  if (id > 1) return Errno.Notsup;
  const { clock } = vm.services;
  return fault(vm.memory.writeU64(timeOut, id === 0 ? clock.nowNs() : clock.monotonicNs()));
}

/** `clock_res_get(id, *resolution)`: 1 ns. Results: success; notsup; fault. */
const clockResolution = (vm: Vm, id: number, resolutionOut: number): number =>
  id > 1 ? Errno.Notsup : fault(vm.memory.writeU64(resolutionOut, 1n));

/** `random_get(bytes, size)`. Results: success; inval (more than 64 KiB); fault. */
function random(vm: Vm, pointer: number, size: number): number {
  if (size > maxRandomBytes) return Errno.Inval;
  const bytes = new Uint8Array(size);
  if (size > 0) vm.services.random(bytes);
  return fault(vm.memory.write(pointer, bytes));
}

/** `fd_fdstat_get(fd, *stat)`: 24 bytes; rights: `fd_write` alone. Results: success; badf; fault. */
function fdstat(vm: Vm, fd: number, statOut: number): number {
  if (!isOutput(fd)) return Errno.Badf;
  const rights = vm.memory.writeU64(statOut + 8, 64n) && vm.memory.writeU64(statOut + 16, 0n);
  return fault(vm.memory.writeU64(statOut, 0n) && rights);
}

/** `fd_tell(fd, *offset)`. Results: success; badf; fault. */
const tell = (vm: Vm, fd: number, offsetOut: number): number =>
  isOutput(fd) ? fault(vm.memory.writeU64(offsetOut, 0n)) : Errno.Badf;

const onOutput = (_vm: Vm, fd: number): number => (isOutput(fd) ? Errno.Success : Errno.Badf);
const renumber = (_vm: Vm, from: number, to: number): number =>
  isOutput(from) && isOutput(to) ? Errno.Notsup : Errno.Badf;
const pollOneoff = (vm: Vm, _in: number, _out: number, _count: number, eventsOut: number): number =>
  fault(vm.memory.writeU32(eventsOut, 0));
const readdir = (vm: Vm, _fd: number, _buffer: number, _size: number, _cookie: bigint, usedOut: number): number =>
  vm.memory.writeU32(usedOut, 0) ? Errno.Notdir : Errno.Fault;
const readlink = (
  vm: Vm,
  _fd: number,
  _p: number,
  _n: number,
  _buffer: number,
  _size: number,
  usedOut: number,
): number => (vm.memory.writeU32(usedOut, 0) ? Errno.Notsup : Errno.Fault);
const accept = (vm: Vm, _fd: number, _flags: number, socketOut: number): number =>
  vm.memory.writeU64(socketOut, 0n) ? Errno.Notsup : Errno.Fault;

const wasi = (shape: Signature | Partial<Shape>, body: HostFunction["body"], availability: Availability = "starting") =>
  hostFunction(typeof shape === "string" ? shape : { result: "errno", ...shape }, body, availability);
const always = (signature: Signature, errno: number) => wasi(signature, () => errno);

const pwrite: Partial<Shape> = { takes: { fd: "u32", text: "vectors", offset: "i64" }, gives: { written: "u32" } };

/** A signature stands for what only ever fails: its values are traced as they are. */
export const wasiFunctions: HostFunctions = {
  fd_write: wasi({ takes: { fd: "u32", text: "vectors" }, gives: { written: "u32" } }, write, "allocating"),
  fd_pwrite: wasi(pwrite, (vm, fd: number, iovs: number, count: number, _offset: bigint, writtenOut: number) =>
    write(vm, fd, iovs, count, writtenOut),
  ),
  environ_sizes_get: wasi({ gives: { count: "u32", bytes: "u32" } }, environSizes),
  environ_get: wasi({ gives: { variables: "environment" } }, environ),
  args_sizes_get: wasi({ gives: { count: "u32", bytes: "u32" } }, argsSizes),
  args_get: always("ii:i", Errno.Success),
  clock_time_get: wasi({ takes: { clock: "u32", precision: "i64" }, gives: { ns: "u64" } }, clockTime, "allocating"),
  clock_res_get: wasi({ takes: { clock: "u32" }, gives: { ns: "u64" } }, clockResolution),
  random_get: wasi({ takes: { address: "u32", size: "u32" } }, random),
  // Envoy's does not end anything: the module runs on.
  proc_exit: wasi({ takes: { code: "u32" }, result: "none" }, () => undefined),
  poll_oneoff: wasi("iiii:i", pollOneoff, "allocating"),
  sched_yield: always(":i", Errno.Success),
  fd_fdstat_get: wasi("ii:i", fdstat),
  fd_seek: always("iIii:i", Errno.Success),
  fd_close: always("i:i", Errno.Success),
  fd_advise: always("iIIi:i", Errno.Success),
  fd_tell: wasi("ii:i", tell),
  fd_datasync: wasi("i:i", onOutput),
  fd_sync: wasi("i:i", onOutput),
  fd_allocate: wasi("iII:i", onOutput),
  fd_fdstat_set_rights: wasi("iII:i", onOutput),
  fd_filestat_set_size: wasi("iI:i", onOutput),
  fd_filestat_set_times: wasi("iIIi:i", onOutput),
  fd_read: always("iiii:i", Errno.Nosys),
  fd_pread: always("iiiIi:i", Errno.Nosys),
  fd_fdstat_set_flags: always("ii:i", Errno.Nosys),
  fd_prestat_dir_name: always("iii:i", Errno.Nosys),
  fd_prestat_get: always("ii:i", Errno.Badf),
  fd_filestat_get: always("ii:i", Errno.Badf),
  fd_readdir: wasi("iiiIi:i", readdir),
  fd_renumber: wasi("ii:i", renumber),
  path_open: always("iiiiiIIii:i", Errno.Noent),
  path_filestat_get: always("iiiii:i", Errno.Notsup),
  path_create_directory: always("iii:i", Errno.Notsup),
  path_filestat_set_times: always("iiiiIIi:i", Errno.Notsup),
  // Not the standard's 7 and 5 parameters (exports.cc).
  path_link: always("iiiiii:i", Errno.Notsup),
  path_symlink: always("iiii:i", Errno.Notsup),
  path_readlink: wasi("iiiiii:i", readlink),
  path_remove_directory: always("iii:i", Errno.Notsup),
  path_rename: always("iiiiii:i", Errno.Notsup),
  path_unlink_file: always("iii:i", Errno.Notsup),
  sock_accept: wasi("iii:i", accept),
  sock_recv: always("iiiiii:i", Errno.Notsup),
  sock_send: always("iiiii:i", Errno.Notsup),
  sock_shutdown: always("ii:i", Errno.Notsup),
};
