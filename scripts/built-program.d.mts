export function isProgramBuilt(): boolean;
export function lookAtSources(): { stamp(): void };
