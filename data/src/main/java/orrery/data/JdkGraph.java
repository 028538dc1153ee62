package orrery.data;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/**
 * <b>jdk-graph</b>: the classes of the running JDK, and which mentions which in its constant pool; of an array the class
 * of its elements. Read from {@code jrt:/}, so there without any download.
 */
final class JdkGraph {
    private JdkGraph() {}

    static Graph read() throws IOException {
        var files = JdkVerbs.classFiles();
        var numbers = new HashMap<String, Integer>();
        var names = new ArrayList<String>();
        var mentions = new ArrayList<List<String>>();
        for (var file : files) {
            var type = ClassFile.of().parse(Files.readAllBytes(file));
            String name = type.thisClass().asInternalName();
            if (numbers.putIfAbsent(name, names.size()) == null) { // each module has a module-info
                names.add(name);
                mentions.add(mentioned(type));
            }
        }
        int edges = mentions.stream().mapToInt(List::size).sum();
        var from = new int[edges];
        var to = new int[edges];
        int n = 0;
        for (int v = 0; v < mentions.size(); v++) {
            for (var name : mentions.get(v)) {
                Integer target = numbers.get(name);
                if (target != null && target != v) {
                    from[n] = v;
                    to[n++] = target;
                }
            }
        }
        return Graph.of(List.copyOf(names), names.size(), Arrays.copyOf(from, n), Arrays.copyOf(to, n), n);
    }

    private static List<String> mentioned(ClassModel type) {
        var mentioned = new ArrayList<String>();
        for (var entry : type.constantPool()) {
            if (entry instanceof ClassEntry mention) {
                mentioned.add(element(mention.asInternalName()));
            }
        }
        return mentioned;
    }

    private static String element(String name) {
        int depth = 0;
        while (depth < name.length() && name.charAt(depth) == '[') {
            depth++;
        }
        return depth > 0 && name.endsWith(";") ? name.substring(depth + 1, name.length() - 1) : name;
    }
}
