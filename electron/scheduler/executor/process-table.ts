import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * The processes of this machine, as far as it takes to find all that belongs to a task and to tell a process from a later one
 * with the same pid. One table a platform; Linux reads /proc, the others ask the system's own tools.
 */
export interface ProcessTable {
  list(): Promise<readonly ProcessRow[]>;
  /** At least those of them that were started after the process which had this pid and was started `ageMs` ago, and are of interest. */
  listSince(pid: number, ageMs: number, isOfNoInterest?: (pid: number) => boolean): Promise<readonly ProcessRow[]>;
  /** Those of `rows` whose environment has the entry `NAME=value`; where a system hides environments, none. */
  withEnvironment(entry: string, rows: readonly ProcessRow[]): Promise<ReadonlySet<number>>;
  /** The same as long as a pid and its start time mean the same process. */
  bootId(): Promise<string>;
}

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** In the platform's own unit; a later process never has a smaller one. */
  readonly startedAt: number;
  readonly isZombie: boolean;
}

const run = promisify(execFile);
/** Asking a busy machine for its processes takes a second or two on macOS and Windows; never longer than this. */
const TOOL_LIMIT = { timeout: 15_000, maxBuffer: 64 * 1024 * 1024, windowsHide: true };

const linux: ProcessTable = {
  async list() {
    return listAbove(0);
  },
  async listSince(pid, ageMs, isOfNoInterest = () => false) {
    const last = lastPid();
    if (last === undefined || last < pid || ageMs * PIDS_A_MS > mostPids()) return listAbove(0);
    if (last - pid > FEW_PIDS) return listAbove(pid, isOfNoInterest);
    for (let one = pid + 1; one <= last; one++) {
      if (!isOfNoInterest(one) && existsSync(`/proc/${one}`)) return listAbove(pid, isOfNoInterest);
    }
    // Where another was started meanwhile, it may have been by one that was gone before we looked for it.
    return lastPid() === last ? [] : listAbove(pid, isOfNoInterest);
  },
  async withEnvironment(entry, rows) {
    const having = new Set<number>();
    let unknown = rows;
    for (let looks = 0; unknown.length > 0 && looks < EXECUTE_LOOKS; looks++) {
      if (looks > 0) await delay(EXECUTE_LOOK_MS);
      unknown = unknown.filter(({ pid }) => {
        const has = hasEntry(pid, entry, looks > 0);
        if (has === true) having.add(pid);
        return has === undefined;
      });
    }
    return having;
  },
  async bootId() {
    // Pids mean something within their namespace only: a data folder may be used on the host and in a container of it.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  },
};

/** A program that is just being executed has no environment for a moment, which a cold disk makes long. */
const EXECUTE_LOOKS = 20;
const EXECUTE_LOOK_MS = 5;

/** Undefined while nobody can tell, because the process is executing another program right now. `isAgain`: it was so before. */
function hasEntry(pid: number, entry: string, isAgain: boolean): boolean | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`);
    if (environment.length > 0) {
      return Buffer.concat([Buffer.from('\0'), environment, Buffer.from('\0')]).includes(`\0${entry}\0`);
    }
    // proc(5): state, parent, and where its environment begins and ends: nowhere while it executes; by now it may have one.
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const [state, parent, begin, end] = [fields[0], fields[1], fields[47], fields[48]];
    // A kernel's thread (of parent 2) and a zombie never get one.
    if (state === 'Z' || state === 'X' || parent === '2') return false;
    // One that it is only being given ends where it begins; one that stays so is empty.
    return begin !== '0' && begin === end && isAgain ? false : undefined;
  } catch {
    return false; // It ended meanwhile, or belongs to another user.
  }
}

/** Pids are given away upwards, and begin anew at their end: no machine gets there faster than this. */
const PIDS_A_MS = 200;
/** Asking for so many of them costs less than the list of all that there are. */
const FEW_PIDS = 32;

function listAbove(least: number, isOfNoInterest: (pid: number) => boolean = () => false): ProcessRow[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) > least);
  return pids.flatMap((pid) => (isOfNoInterest(Number(pid)) ? [] : (readStat(Number(pid)) ?? [])));
}

/** That was given away in our namespace; undefined where a kernel does not tell. */
function lastPid(): number | undefined {
  try {
    return Number(readFileSync('/proc/sys/kernel/ns_last_pid', 'latin1'));
  } catch {
    return undefined;
  }
}

function mostPids(): number {
  return Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
}

function readStat(pid: number): ProcessRow | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // It ended between the listing and the look.
  }
  const fields = statFields(stat);
  const [parent, group, session] = fields.slice(1, 4).map(Number);
  return {
    pid,
    parent: parent ?? 0,
    group: group ?? 0,
    session: session ?? 0,
    startedAt: Number(fields[19]),
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

/** From the third on. proc(5): the second is the program's name in parentheses and may itself contain blanks and parentheses. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const darwin: ProcessTable = {
  async list() {
    const { stdout } = await run('/bin/ps', ['-axo', 'pid=,ppid=,pgid=,stat=,lstart='], {
      ...TOOL_LIMIT,
      env: { LC_ALL: 'C' },
    });
    return stdout.split('\n').flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
      if (match === null) return [];
      const [pid, parent, group] = match.slice(1, 4).map(Number) as [number, number, number];
      // ps shows no session ids on macOS; the group and the environment have to do.
      const isZombie = match[4]!.startsWith('Z');
      return [{ pid, parent, group, session: 0, startedAt: Date.parse(match[5]!), isZombie }];
    });
  },
  listSince: () => darwin.list(),
  async withEnvironment(entry, rows) {
    const pids = new Set(rows.map(({ pid }) => pid));
    const { stdout } = await run('/bin/ps', ['-axEww', '-o', 'pid=,command='], TOOL_LIMIT);
    return new Set(
      stdout
        .split('\n')
        .filter((line) => `${line} `.includes(` ${entry} `))
        .map((line) => Number.parseInt(line, 10))
        .filter((pid) => pids.has(pid)),
    );
  },
  async bootId() {
    return (await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], TOOL_LIMIT)).stdout.trim();
  },
};

const windows: ProcessTable = {
  async list() {
    const lines = await powershell(
      'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.CreationDate.ToFileTimeUtc())" }',
    );
    return lines.flatMap((line) => {
      const [pid, parent, startedAt] = line.trim().split(' ').map(Number);
      if (!pid || parent === undefined || !startedAt) return [];
      return [{ pid, parent, group: 0, session: 0, startedAt, isZombie: false }];
    });
  },
  listSince: () => windows.list(),
  async withEnvironment() {
    return new Set(); // Windows shows nobody's environment; the parents' pids outlive the parents there.
  },
  async bootId() {
    const lines = await powershell('(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()');
    return lines.join('').trim();
  },
};

async function powershell(command: string): Promise<string[]> {
  const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command], TOOL_LIMIT);
  return stdout.split(/\r?\n/);
}

export const processTable: ProcessTable =
  process.platform === 'win32' ? windows : process.platform === 'darwin' ? darwin : linux;

/** When a process was started, or null where there is none; see `ProcessRow.startedAt` for the unit. */
export async function processStartTime(pid: number): Promise<string | null> {
  const row = process.platform === 'linux' ? readStat(pid) : (await processTable.list()).find((one) => one.pid === pid);
  return row === undefined ? null : String(row.startedAt);
}

let knownBootId: Promise<string> | undefined;

/** Names this boot of this machine: pids and start times of another boot mean nothing. */
export function bootId(): Promise<string> {
  knownBootId ??= processTable.bootId();
  return knownBootId;
}
