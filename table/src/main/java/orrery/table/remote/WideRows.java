package orrery.table.remote;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import orrery.table.hold.Section;
import orrery.table.hold.Table;

/**
 * Rows and factors that no frame has room for, of which some parts have come: a rule is applied to a row as a whole. The last part
 * brings the rest along. Confined to the node's thread.
 */
final class WideRows {
    private final Map<Key, Section> rows = new HashMap<>();

    private record Key(int table, int worker, long row) {}

    /** The sections of a push, with whole rows in place of their last parts and nothing in that of the others. */
    List<Section> joined(Table table, int worker, List<Section> sections) {
        if (sections.stream().noneMatch(Section::isPart)) {
            return sections;
        }
        var joined = new ArrayList<Section>();
        for (var section : sections) {
            if (section.isPart()) {
                var key = new Key(table.number(), worker, section.keys()[0]);
                var row = section.joined(rows.get(key), table.spec().width());
                if (row.isComplete()) {
                    rows.remove(key);
                    joined.add(row);
                } else {
                    rows.put(key, row);
                }
            } else {
                joined.add(section);
            }
        }
        return joined;
    }

    /** All that is under way is of an earlier stage. */
    void clear() {
        rows.clear();
    }
}
