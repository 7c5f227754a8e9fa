import type { Attachment } from 'svelte/attachments';

/** Nearly is early enough to be there when it is. */
const MARGIN = '600px';

/** Tells whether any of the element is in view, or nearly, of what it scrolls in; at first, and when that changes. */
export function inView(tell: (isInView: boolean) => void): Attachment<HTMLElement> {
  return (element) => {
    const root = element.parentElement;
    const observer = new IntersectionObserver(([entry]) => tell(entry?.isIntersecting ?? false), {
      root,
      rootMargin: MARGIN,
    });
    observer.observe(element);
    return () => observer.disconnect();
  };
}
