package dev.zstar.reports.machine;

/** A list of processors or nodes as Linux writes it, such as {@code 0-3,8}. */
final class CpuList {
    private CpuList() {}

    /** How many the list names; 1 if it is none. */
    static int size(String list) {
        if (!list.matches("[0-9]{1,6}(-[0-9]{1,6})?(,[0-9]{1,6}(-[0-9]{1,6})?)*")) {
            return 1;
        }
        int size = 0;
        for (String range : list.split(",", -1)) {
            String[] ends = range.split("-", 2);
            size += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
        }
        return size;
    }
}
