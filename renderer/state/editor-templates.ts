import type { IconName } from '../components/icon-name.ts';

/** A job to begin with. `id` is what the address names: `#/edit/?template=hello`. */
export interface Template {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly icon: IconName;
  readonly path: string;
  readonly text: string;
}

export const TEMPLATES: readonly Template[] = [
  {
    id: 'hello',
    name: 'Hello, every minute',
    description: 'One process, first run within 60 s',
    icon: 'terminal',
    path: 'hello.yml',
    text: `scheduler: '* * * * *'
pipeline_name: 'hello'
variables:
  WHO: 'nightjar'
steps:
  - name: greet
    command: echo "Hello, $WHO"

# Runs in a container, if you name one:
#   image: alpine:3.22
`,
  },
  {
    id: 'dump',
    name: 'Nightly database dump',
    description: 'Container, secret, retry, retention',
    icon: 'box',
    path: 'backups/database.yml',
    text: `scheduler: '0 2 * * *'
pipeline_name: 'database-dump'
description: Dumps the database every night
secrets: [PGPASSWORD] # from the keychain, masked in every log
variables:
  PGHOST: localhost
  PGUSER: postgres
  PGDATABASE: app
steps:
  - name: dump
    image: postgres:17
    command: pg_dump --format custom --file /dumps/$(date +%F).dump
    volumes: ['~/dumps:/dumps']
    timeout: 1h
    retry: { limit: 2, interval: 5m }
keep: { runs: 30, days: 30 }
`,
  },
  {
    id: 'pipeline',
    name: 'Extract, load, report',
    description: 'Parallel tasks in step groups',
    icon: 'stack',
    path: 'warehouse/daily.yml',
    text: `scheduler: '0 6 * * *'
pipeline_name: 'daily'
repo: ~/src/warehouse
steps:
  - name: extract
    tasks: # these two run in parallel
      - { name: orders,    image: python:3.13-slim, command: python extract.py orders }
      - { name: customers, image: python:3.13-slim, command: python extract.py customers }
  - name: load
    image: postgres:17
    command: psql -f load.sql
  - name: report
    command: ./report.sh # no image: a process on this machine
on_failure:
  - { name: tell, command: ./tell.sh }
`,
  },
  {
    id: 'empty',
    name: 'Only what you run by hand',
    description: 'No schedule, one command',
    icon: 'manual',
    path: 'by-hand.yml',
    text: `pipeline_name: 'by-hand'
steps:
  - name: main
    command: echo "Write a command here"
`,
  },
];
