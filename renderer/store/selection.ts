// Which machine is selected. Live updates never change it; only a person does.
import { create } from 'zustand';
import type { Sorting } from './rack-order.ts';

export type Selection = { readonly machineId: string | null; readonly sorting: Sorting };

export const useSelection = create<Selection>(() => ({ machineId: null, sorting: 'position' }));
