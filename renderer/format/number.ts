/** `214,308` */
export const count = (n: number): string => n.toLocaleString('en-GB');

/** `1 run`, `2 runs` */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
