alter table things add column colour ${text};
insert into things (id, number, name, colour) values (-1, 0, 'made; by a migration', 'blue');
