package orrery.table.worker;

/** One worker's way to a table: when it may read, how it reads, how it adds. Confined to the worker's thread. */
record Access(Port port, Reader reader, Writer writer) {
    static Access of(Port port) {
        var reader = new Reader(port);
        var path = WritePath.of(port, reader::local, reader::average);
        reader.sees(path);
        return new Access(port, reader, new Writer(port, path));
    }
}
