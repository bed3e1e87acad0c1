import type { Backtest } from '../result.ts';

export const renderBacktest = (result: Backtest): string => result.takeaway;
