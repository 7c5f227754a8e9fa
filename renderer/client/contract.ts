import { z } from 'zod';
import { contract } from '../../electron/api/contract.ts';

// zod compiles its checks with `new Function`, which the page's policy forbids; without this it tries and is reported.
z.config({ jitless: true });

export default contract;
