// Whether an element is near the part of the page that is seen, so that what cannot be seen need not follow fast news. One observer
// for all rows of all lists.
import { useEffect, useState } from 'react';
import type { RefObject } from 'react';

const MARGIN = '400px 0px';

const told = new Map<Element, (isNear: boolean) => void>();
let observer: IntersectionObserver | undefined;

const observe = (element: Element, tell: (isNear: boolean) => void): (() => void) => {
  observer ??= new IntersectionObserver((entries) => entries.forEach((entry) => told.get(entry.target)?.(entry.isIntersecting)), {
    rootMargin: MARGIN,
  });
  told.set(element, tell);
  observer.observe(element);
  return () => {
    told.delete(element);
    observer?.unobserve(element);
  };
};

export const useNear = (element: RefObject<Element | null>): boolean => {
  const [isNear, setNear] = useState(false);
  useEffect(() => (element.current === null ? undefined : observe(element.current, setNear)), [element]);
  return isNear;
};
