import { createContext } from 'svelte';
import type { Parts } from '../parts.ts';
import type { Backend } from './backend.ts';

/** The backend for whoever is below App; everything else goes by props. */
export const [getBackend, setBackend] = createContext<Backend>();
/** What is loaded later, for whoever shows it. */
export const [getParts, setParts] = createContext<Parts>();
