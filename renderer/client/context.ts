import { createContext } from 'svelte';
import type { Backend } from './backend.ts';

/** The backend for whoever is below App; everything else goes by props. */
export const [getBackend, setBackend] = createContext<Backend>();
